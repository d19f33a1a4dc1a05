// The two compilations of the simd kernels: which one is taken, and that anyone who builds them gets the same bytes.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { loadModule, moduleUrls } from '../../../worker/backends/simd/module.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const ASC = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
const SOURCES = fileURLToPath(new URL('../../../../worker/backends/simd/assembly/', import.meta.url));

/** What rounding takes from the square of 1 + 2^-12, by the module's own multiply-add. */
function roundSquare(module: WebAssembly.Module): number {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return (exports.roundingOfSquare as (x: number) => number)(1 + 2 ** -12);
}

test('the kernels that are taken round as their name says, and PRETEXT_FMA=0 takes the plain ones', (t) => {
  const { name, module } = loadModule('');
  t.log(`this engine and processor run ${name}`);
  t.is(roundSquare(module), name === 'wasm-5x8-fma' ? 2 ** -24 : 0);
  const plain = loadModule('0');
  t.is(plain.name, 'wasm-5x8');
  t.is(roundSquare(plain.module), 0);
});

for (const [target, name] of [['plain', 'wasm-5x8'], ['fma', 'wasm-5x8-fma']] as const) {
  test(`building the ${target} kernels again gives the same bytes`, async (t) => {
    const outFile = join(await makeTempFolder(t), 'kernels.wasm');
    await promisify(execFile)(process.execPath, [ASC, join(SOURCES, 'index.ts'), '--config', join(SOURCES, 'asconfig.json'), '--target', target, '--outFile', outFile]);
    t.deepEqual(await readFile(outFile), await readFile(moduleUrls[name]));
  });
}
