// A product on any GPU: tiles of float32 in workgroup memory, every thread keeps a block of sums in registers.

import { DEPTH } from './plan.js';
import type { Product, Tiling } from './plan.js';
import { list, writeFill, writePlace, writeRead, writeWrite } from './tiles.js';
import type { ProductShader } from './tiles.js';

/** Rows and columns of a thread's block. */
const BLOCK = 4;
/** A row of a tile has two floats more, so that the threads of a warp write to different banks. */
const PAD = 2;

export function writeRegisterShader(product: Product, tiling: Tiling): ProductShader {
  const { rows, columns, depth, left, right } = product;
  const { side, stepsPerSplit } = tiling;
  const across = side / BLOCK;
  const stride = side + PAD;
  const common = { depth, side, stride, threads: across * across };
  const blocks = (each: (i: number, j: number) => string): string => list(BLOCK, (i) => list(BLOCK, (j) => each(i, j)));
  const code = (): string => `
    ${writeRead('A', left)}
    ${writeRead('B', right)}
    var<workgroup> tileA: array<f32, ${DEPTH * stride}>;
    var<workgroup> tileB: array<f32, ${DEPTH * stride}>;
    ${writeWrite(product)}
    fn compute() {
      ${writePlace(product, tiling)}
      let x = thread % ${across};
      let y = thread / ${across};
      ${blocks((i, j) => `var s${i}${j} = 0.0;`)}
      for (var step = 0; step < ${stepsPerSplit}; step++) {
        let depth0 = (split * ${stepsPerSplit} + step) * ${DEPTH};
        ${writeFill({ ...common, name: 'A', operand: left, extent: rows, store: (at, value) => `tileA[${at}] = ${value};` })}
        ${writeFill({ ...common, name: 'B', operand: right, extent: columns, store: (at, value) => `tileB[${at}] = ${value};` })}
        workgroupBarrier();
        for (var k = 0; k < ${DEPTH}; k++) {
          let row = k * ${stride};
          ${list(BLOCK, (i) => `let a${i} = tileA[row + y + ${i * across}]; let b${i} = tileB[row + x + ${i * across}];`)}
          ${blocks((i, j) => `s${i}${j} += a${i} * b${j};`)}
        }
        workgroupBarrier();
      }
      ${blocks((i, j) => `write(batch, split, firstRow + y + ${i * across}, firstColumn + x + ${j * across}, s${i}${j});`)}
    }`;
  return { name: 'registers', workgroup: [across, across, 1], code };
}
