// The arguments of the simd backend's kernels: what TypeScript writes and what AssemblyScript and C read is one definition.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { slotFiles } from '../../../scripts/tools/write-slots.js';
import { loadModule } from '../../../worker/backends/simd/module.js';
import { kernelLayouts, layouts } from '../../../worker/backends/simd/slots.js';

/** The sources are not in the build. */
const sourceOf = (path: string): string => readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8');

const ASSEMBLY = 'worker/backends/simd/assembly';
const KERNELS = readdirSync(fileURLToPath(new URL(`../../../../${ASSEMBLY}`, import.meta.url)))
  .filter((name) => name.endsWith('.ts') && !['arguments.ts', 'slots.ts'].includes(name))
  .map((name) => sourceOf(`${ASSEMBLY}/${name}`));

/** What the module exports besides kernels. */
const OTHERS = ['heapBase', 'roundingOfSquare', 'setScratch'];

test('the files for AssemblyScript and C are as the definition has them', (t) => {
  for (const [path, contents] of Object.entries(slotFiles)) t.is(sourceOf(path), contents, `${path} is out of date: run \`npm run slots\``);
});

test('every kernel of the module has its arguments defined, and every definition has its kernel', (t) => {
  const exported = WebAssembly.Module.exports(loadModule().module).filter(({ kind }) => kind === 'function').map(({ name }) => name);
  t.deepEqual([...exported].sort(), [...Object.keys(kernelLayouts), ...OTHERS].sort());
});

test('kernels read their arguments by name, and every argument is read', (t) => {
  const source = KERNELS.join('\n');
  t.deepEqual(source.match(/\(slots, \d+\)/g), null);
  const read = new Set([...source.matchAll(/\(slots, (\w+\.\w+)\)/g)].map(([, name]) => name));
  const defined = Object.entries(layouts).flatMap(([layout, slots]) => slots.map((slot) => `${layout}.${slot}`));
  // Only the native kernels' tiles may have another height than those of the module.
  t.deepEqual(defined.filter((name) => !read.has(name)), ['GemmColumns.tileRows']);
});
