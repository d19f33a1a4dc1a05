// A product in registers: the threads of a workgroup fill a tile of each operand in turns, and each sums a block of the result.

import { DEPTH } from './plan.js';
import type { Product, Tiling } from './plan.js';
import { list, writeFill, writePlace, writeRead, writeWrite } from './tiles.js';
import type { ProductShader } from './tiles.js';

/** Floats that a thread reads of a tile at once. */
const WIDTH = 4;
/**
 * Lines of a tile that keep their columns in the same order; those of the next group have others swapped, vectors in pairs. So
 * threads that write one column write to different banks, and the largest tiles fill the 16,384 bytes that WebGPU promises.
 */
const GROUP = 4;
const PAIR = 2;

export function writeRegisterShader(product: Product, tiling: Tiling): ProductShader {
  const { rows, columns, depth, left, right } = product;
  const { side, block, stepsPerSplit } = tiling;
  const across = side / block;
  // A thread's rows and columns are vectors of four, as far from each other as all threads' first vectors reach.
  const vectors = block / WIDTH;
  const common = { depth, side, stride: side, threads: across * across, swap: (outer: string, within: string) => `(${outer} ^ (${within} / ${GROUP} * ${PAIR * WIDTH}))` };
  const store = (tile: string) => ({
    store: (at: string, value: string) => `tile${tile}[(${at}) / ${WIDTH}][(${at}) % ${WIDTH}] = ${value};`,
    storeVector: (at: string, values: string) => `tile${tile}[(${at}) / ${WIDTH}] = ${values};`,
  });
  const blocks = (each: (i: number, row: number, j: number) => string): string =>
    list(vectors, (i) => list(WIDTH, (row) => list(vectors, (j) => each(i, row, j))));
  const code = (): string => `
    ${writeRead('A', left)}
    ${writeRead('B', right)}
    var<workgroup> tileA: array<vec4<f32>, ${(DEPTH * side) / WIDTH}>;
    var<workgroup> tileB: array<vec4<f32>, ${(DEPTH * side) / WIDTH}>;
    ${writeWrite(product)}
    fn writeVector(batch: i32, split: i32, row: i32, column: i32, values: vec4<f32>) {
      ${list(WIDTH, (i) => `write(batch, split, row, column + ${i}, values[${i}]);`)}
    }
    fn compute() {
      ${writePlace(product, tiling)}
      let x = thread % ${across};
      let y = thread / ${across};
      ${blocks((i, row, j) => `var s${i}${row}${j} = vec4<f32>(0.0);`)}
      for (var step = 0; step < ${stepsPerSplit}; step++) {
        let depth0 = (split * ${stepsPerSplit} + step) * ${DEPTH};
        ${writeFill({ ...common, ...store('A'), name: 'A', operand: left, extent: rows })}
        ${writeFill({ ...common, ...store('B'), name: 'B', operand: right, extent: columns })}
        workgroupBarrier();
        for (var k = 0; k < ${DEPTH}; k++) {
          let line = k * ${side / WIDTH};
          let swap = k / ${GROUP} * ${PAIR};
          ${list(vectors, (i) => `let a${i} = tileA[line + (y ^ swap) + ${i * across}]; let b${i} = tileB[line + (x ^ swap) + ${i * across}];`)}
          ${blocks((i, row, j) => `s${i}${row}${j} += a${i}[${row}] * b${j};`)}
        }
        workgroupBarrier();
      }
      ${blocks((i, row, j) =>
        `writeVector(batch, split, firstRow + (y + ${i * across}) * ${WIDTH} + ${row}, firstColumn + (x + ${j * across}) * ${WIDTH}, s${i}${row}${j});`)}
    }`;
  return { name: `registers_${block}`, workgroup: [across, across, 1], code };
}
