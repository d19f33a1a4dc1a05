// Chooses between the two compilations of the kernels: with fused multiply-add (relaxed SIMD) where engine and processor have
// it, else without. The two round differently, so each has a name.

import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

export const moduleUrls = {
  'wasm-5x8': new URL('./kernels.wasm', import.meta.url),
  'wasm-5x8-fma': new URL('./kernels-fma.wasm', import.meta.url),
} as const;

export interface KernelModule {
  readonly name: keyof typeof moduleUrls;
  readonly module: WebAssembly.Module;
}

/** Node 20 has relaxed SIMD behind a flag that later versions, which need none, do not know. */
function allowsRelaxedSimd(bytes: Uint8Array): boolean {
  if (WebAssembly.validate(bytes)) return true;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(bytes);
}

/** A relaxed `madd` is fused only where the processor has the instruction. */
function isFused(module: WebAssembly.Module): boolean {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return (exports.roundingOfSquare as (x: number) => number)(1 + 2 ** -12) === 2 ** -24;
}

/** The fused module unless it cannot run here or `wanted`, which is PRETEXT_FMA, is '0'. */
export function loadModule(wanted = process.env.PRETEXT_FMA ?? ''): KernelModule {
  const fused = readFileSync(moduleUrls['wasm-5x8-fma']);
  if (wanted !== '0' && allowsRelaxedSimd(fused)) {
    const module = new WebAssembly.Module(fused);
    if (isFused(module)) return { name: 'wasm-5x8-fma', module };
  }
  return { name: 'wasm-5x8', module: new WebAssembly.Module(readFileSync(moduleUrls['wasm-5x8'])) };
}
