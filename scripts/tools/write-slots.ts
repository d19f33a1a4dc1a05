// `npm run slots`: writes the arguments of the simd backend's kernels, as worker/backends/simd/slots.ts defines them, for the
// languages that the kernels are written in.

import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { layouts, shared, SLOTS_DIGEST } from '../../worker/backends/simd/slots.js';

const SIMD = 'worker/backends/simd';
const NOTE = '// Written by `npm run slots` from slots.ts: the places of the kernels\' arguments.';

function formatAssembly(): string {
  const enums = Object.entries(layouts).map(([name, slots]) => `export const enum ${name} { ${slots.join(', ')} }`);
  const numbers = Object.entries({ ...shared, SLOTS_DIGEST }).map(([name, value]) => `export const ${name}: i32 = ${value};`);
  return `${NOTE}\n\n${enums.join('\n')}\n\n${numbers.join('\n')}\n`;
}

function formatHeader(): string {
  const enums = Object.entries(layouts).map(([name, slots]) => `enum { ${slots.map((slot) => `${name}_${slot}`).join(', ')} };`);
  return `${NOTE}\n#pragma once\n\n${enums.join('\n')}\n`;
}

/** By path from the root: what the files should hold. */
export const slotFiles: Readonly<Record<string, string>> = {
  [`${SIMD}/assembly/slots.ts`]: formatAssembly(),
  [`${SIMD}/native/layouts.h`]: formatHeader(),
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [path, contents] of Object.entries(slotFiles)) writeFileSync(path, contents);
}
