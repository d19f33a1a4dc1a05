// Finds the native kernels where `npm run build:native` has left some, and gives those that this processor runs. They stand in
// for WebAssembly kernels of the same names, on the same memory. Leaves out building them: see scripts/tools/build-native.ts.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../../shared/errors/pretext-error.js';
import { moduleUrls } from './module.js';

/** What the addon exports. */
interface Addon {
  /** Digest of the WebAssembly kernels whose arguments these read. */
  readonly builtFor: string;
  /** Instruction sets, fastest first. */
  readonly supported: readonly string[];
  bind(set: string, memory: Uint8Array): Record<string, unknown>;
}

/** Kernels for one instruction set; plain data, so that a helping thread can be told which. */
export interface NativeKernels {
  readonly file: string;
  readonly set: string;
}

export interface FindOptions {
  readonly file?: string;
  readonly wanted?: string;
  /** Of the kernels that they must be built for. */
  readonly digest?: string;
}

export const nativeFile = fileURLToPath(new URL('./kernels.node', import.meta.url));

const require = createRequire(import.meta.url);

/** What native kernels are compiled with, so that they never read the arguments of other kernels than they were written for. */
export function digestKernels(): string {
  return createHash('sha256').update(readFileSync(moduleUrls['wasm-5x8'])).digest('hex');
}

/**
 * The kernels to use, or undefined where there are none. `wanted` is PRETEXT_NATIVE: '0' for none, the name of an instruction
 * set for that one, else the fastest. Kernels that cannot be used are a reason to warn, never to fail.
 */
export function findNative(options: FindOptions = {}): NativeKernels | undefined {
  const { file = nativeFile, wanted = process.env.PRETEXT_NATIVE ?? '', digest = digestKernels() } = options;
  if (wanted === '0' || !existsSync(file)) return undefined;
  try {
    const { builtFor, supported } = require(file) as Addon;
    if (builtFor !== digest) throw new Error('they were built for other kernels');
    const set = ['', '1'].includes(wanted) ? supported[0] : supported.find((name) => name === wanted);
    if (set === undefined) throw new Error(`expected an instruction set of this processor (${supported.join(', ') || 'none'}), got '${wanted}'`);
    return { file, set };
  } catch (error) {
    process.emitWarning(`simd: the native kernels in ${file} are left out: ${messageOf(error)}. Run \`npm run build:native\` again, or remove the file.`);
    return undefined;
  }
}

/** The kernels as functions on a memory, which must be kept as long as they are. */
export function bindNative({ file, set }: NativeKernels, memory: WebAssembly.Memory): Record<string, unknown> {
  // A shared memory grows in place, so that its first byte is all they need.
  return (require(file) as Addon).bind(set, new Uint8Array(memory.buffer));
}
