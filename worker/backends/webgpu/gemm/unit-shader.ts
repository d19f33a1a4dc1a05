// A product on a GPU's matrix units (tensor cores), which multiply float16 and add float32: every number is scaled by a power of
// two and split into two float16, high + low, and three of their four products are added, so that about 21 bits of each number
// count (the split of Markidis et al. 2018, "NVIDIA Tensor Core Programmability, Performance & Precision"; the fourth product is
// below float32's rounding). The scale puts the operand's largest number at the top of float16's range.

import { DEPTH } from './plan.js';
import type { Product, Tiling } from './plan.js';
import { list, writeFill, writePlace, writeRead, writeWrite } from './tiles.js';
import type { ProductShader } from './tiles.js';
import { NUM_PARTS } from './largest.js';
import type { MatrixUnits } from '../matrix-units.js';

/** Subgroups of a workgroup, each with a quarter of the tile: [ACROSS, ACROSS]. */
const ACROSS = 2;
/** Larger tiles in both halves do not fit into the 16,384 bytes of workgroup memory that WebGPU promises. */
export const MOST_UNIT_SIDE = 64;
/** float16 that a row of a tile has more: rows begin at multiples of 16 bytes, in different banks. */
const PAD = 8;

/** Exponents as float32 keeps them. The largest number becomes one of [2^14, 2^15): float16 ends at 65504. */
const BIAS = 127;
const TOP_EXPONENT = BIAS + 14;

/**
 * What float16 keeps of float32's bits, and half of the least of them. Rounded by hand, since a driver may take a conversion there
 * and back for no change at all, which leaves nothing for the low part.
 */
const KEPT_BITS = 0xffffe000;
const HALF = 0x1000;

/** One function, although it is long: it is one shader, read from top to bottom. */
export function writeUnitShader(product: Product, tiling: Tiling, units: MatrixUnits): ProductShader {
  const { rows, columns, depth, left, right } = product;
  const { side, stepsPerSplit } = tiling;
  const { M, N, K, subgroupSize } = units;
  const threads = ACROSS * ACROSS * subgroupSize;
  const stride = side + PAD;
  const low = DEPTH * stride;
  const quarter = side / ACROSS;
  const [down, across] = [quarter / M, quarter / N];
  const common = { depth, side, stride, threads };
  const blocks = (each: (i: number, j: number) => string): string => list(down, (i) => list(across, (j) => each(i, j)));
  const split = (tile: 'A' | 'B') => (at: string, value: string) => `{
    let scaled = ${value} * scale${tile};
    let high = roundToFloat16(scaled);
    tile${tile}[${at}] = f16(high);
    tile${tile}[${at} + ${low}] = f16(scaled - high);
  }`;
  const load = (tile: 'A' | 'B', half: 'high' | 'low', i: number): string => {
    const [kind, major, extent, first] = tile === 'A' ? [`left<f16, ${K}, ${M}>`, 'col_major', M, 'quarterRow'] : [`right<f16, ${N}, ${K}>`, 'row_major', N, 'quarterColumn'];
    const offset = `${first} + k * ${stride}u + ${i * extent + (half === 'low' ? low : 0)}u`;
    return `let ${half}${tile}${i} = subgroupMatrixLoad<subgroup_matrix_${kind}, ${major}>(&tile${tile}, ${offset}, ${stride}u);`;
  };
  const loadBoth = (tile: 'A' | 'B', count: number): string => list(count, (i) => `${load(tile, 'high', i)} ${load(tile, 'low', i)}`);
  const add = (i: number, j: number, a: 'high' | 'low', b: 'high' | 'low'): string =>
    `s${i}_${j} = subgroupMatrixMultiplyAccumulate(${a}A${i}, ${b}B${j}, s${i}_${j});`;
  const code = (): string => `
    ${writeRead('A', left)}
    ${writeRead('B', right)}
    var<workgroup> tileA: array<f16, ${2 * low}>;
    var<workgroup> tileB: array<f16, ${2 * low}>;
    var<workgroup> sums: array<f32, ${ACROSS * ACROSS * M * N}>;
    ${writeWrite(product)}
    fn roundToFloat16(value: f32) -> f32 { return bitcast<f32>((bitcast<u32>(value) + ${HALF}u) & ${KEPT_BITS}u); }
    fn powerOfTwo(exponent: u32) -> f32 { return bitcast<f32>(exponent << 23u); }
    fn compute() {
      ${writePlace(product, tiling)}
      let lane = localIndex % ${subgroupSize}u;
      let subgroup = localIndex / ${subgroupSize}u;
      let quarterRow = subgroup / ${ACROSS}u * ${quarter}u;
      let quarterColumn = subgroup % ${ACROSS}u * ${quarter}u;
      ${(['A', 'B'] as const).map((tile, operand) => `
        var most${tile} = 0u;
        for (var i = lane; i < ${NUM_PARTS}u; i += ${subgroupSize}u) { most${tile} = max(most${tile}, bitcast<u32>(largest[${operand * NUM_PARTS}u + i])); }
        let exponent${tile} = min(${TOP_EXPONENT + BIAS}u - (subgroupMax(most${tile}) >> 23u), ${2 * BIAS - 1}u);
        let scale${tile} = powerOfTwo(exponent${tile});`).join('\n')}
      ${blocks((i, j) => `var s${i}_${j}: subgroup_matrix_result<f32, ${N}, ${M}>;`)}
      for (var step = 0; step < ${stepsPerSplit}; step++) {
        let depth0 = (split * ${stepsPerSplit} + step) * ${DEPTH};
        ${writeFill({ ...common, name: 'A', operand: left, extent: rows, store: split('A') })}
        ${writeFill({ ...common, name: 'B', operand: right, extent: columns, store: split('B') })}
        workgroupBarrier();
        for (var k = 0u; k < ${DEPTH}u; k += ${K}u) {
          ${loadBoth('A', down)}
          ${loadBoth('B', across)}
          ${blocks((i, j) => `${add(i, j, 'low', 'high')} ${add(i, j, 'high', 'low')} ${add(i, j, 'high', 'high')}`)}
        }
        workgroupBarrier();
      }
      ${blocks((i, j) => `
        subgroupMatrixStore<row_major>(&sums, subgroup * ${M * N}u, s${i}_${j}, ${N}u);
        workgroupBarrier();
        for (var i = lane; i < ${M * N}u; i += ${subgroupSize}u) {
          let value = sums[subgroup * ${M * N}u + i] * powerOfTwo(${2 * BIAS}u - exponentA) * powerOfTwo(${2 * BIAS}u - exponentB);
          write(batch, split, firstRow + i32(quarterRow + ${i * M}u + i / ${N}u), firstColumn + i32(quarterColumn + ${j * N}u + i % ${N}u), value);
        }
        workgroupBarrier();`)}
    }`;
  return { name: `units_${M}_${N}_${K}_${subgroupSize}`, workgroup: [threads, 1, 1], code };
}
