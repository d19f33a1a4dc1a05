// `npm run build:native`: compiles the optional kernels of the simd backend for this machine's kind of processor, with a C
// compiler and nothing else. The kernels choose their instruction set when they start, so one file serves all processors of a
// kind. Windows is left out, because its compiler lacks the extensions that the kernels use.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { digestKernels, findNative, nativeFile } from '../../worker/backends/simd/native.js';

/** The sources are not in the build: from build/scripts/tools up to the root. */
const sources = fileURLToPath(new URL('../../../worker/backends/simd/native', import.meta.url));

/** Each set's table of kernels and what makes the compiler use it. */
const sets: Readonly<Record<string, readonly { readonly table: string; readonly flags: readonly string[] }[]>> = {
  x64: [
    { table: 'kernelsAvx512', flags: ['-march=x86-64-v4'] },
    { table: 'kernelsAvx2', flags: ['-march=x86-64-v3'] },
  ],
  arm64: [{ table: 'kernelsNeon', flags: [] }],
};

/** No contraction but the multiply-adds that are written as such: bits must not depend on the compiler. */
const FLAGS = ['-std=c17', '-O3', '-ffp-contract=off', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wno-unused-parameter'];

const isRunnable = (compiler: string): boolean => spawnSync(compiler, ['--version']).status === 0;

/** A C compiler of this machine: CC, else the usual names. */
export function findCompiler(): string | undefined {
  return [process.env.CC ?? '', 'cc', 'gcc', 'clang'].filter((name) => name !== '').find(isRunnable);
}

function compile(compiler: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (status === 0) return;
  throw new PretextError('BACKEND_ABSENT', `the native kernels do not compile with '${compiler}':\n${stderr}`, {
    hint: 'GCC from 11 and Clang from 14 on can do it; CC names another compiler. Pretext works without.',
  });
}

/** Builds the addon into `file`, whole or not at all. Throws PretextError BACKEND_ABSENT where that cannot be. */
export function buildNative(file: string, architecture: string = process.arch): void {
  const compiler = findCompiler();
  const tables = sets[architecture];
  if (tables === undefined || process.platform === 'win32') {
    throw new PretextError('BACKEND_ABSENT', `there are no native kernels for ${process.platform} on ${architecture}`, { hint: 'Pretext works without.' });
  }
  if (compiler === undefined) {
    throw new PretextError('BACKEND_ABSENT', 'no C compiler was found: tried CC, cc, gcc and clang', {
      hint: 'Install one (Debian, Ubuntu: `apt-get install gcc libc6-dev`; macOS: `xcode-select --install`). Pretext works without.',
    });
  }
  const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers') as { include_dir: string };
  const folder = mkdtempSync(join(dirname(file), '.native-'));
  try {
    const objects = tables.map(({ table, flags }) => {
      const object = join(folder, `${table}.o`);
      compile(compiler, [...FLAGS, ...flags, `-DKERNELS=${table}`, '-c', join(sources, 'kernels.c'), '-o', object]);
      return object;
    });
    const builtFor = `-DBUILT_FOR="${digestKernels()}"`;
    const shared = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
    const built = join(folder, 'kernels.node');
    compile(compiler, [...FLAGS, ...shared, '-I', headers, builtFor, join(sources, 'addon.c'), ...objects, '-o', built]);
    // Replaced in one go: a process that has the old one loaded keeps it.
    renameSync(built, file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    buildNative(nativeFile);
    const found = findNative();
    console.log(`built ${nativeFile}; this processor runs ${found === undefined ? 'none of its kernels' : `its ${found.set} kernels`}`);
  } catch (error) {
    if (!(error instanceof PretextError)) throw error;
    console.error(error.message, error.hint === undefined ? '' : `\n${error.hint}`);
    process.exitCode = 1;
  }
}
