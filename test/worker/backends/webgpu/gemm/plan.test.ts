// How products are cut into tiles and parts of sums: everything is covered, within what WebGPU promises of grids and memory.

import test from 'ava';
import { planGrid, planTiling } from '../../../../../worker/backends/webgpu/gemm/plan.js';
import { writeRegisterShader } from '../../../../../worker/backends/webgpu/gemm/register-shader.js';
import { MOST_UNIT_SIDE, writeUnitShader } from '../../../../../worker/backends/webgpu/gemm/unit-shader.js';

const operand = { contiguous: 'outer', isVector: false, read: '' } as const;

test('long sums are split by sizes alone, and the parts cover them', (t) => {
  for (const [rows, columns, depth] of [[27, 32, 32_768], [576, 64, 200_704], [4096, 4096, 64], [1, 1, 0], [9, 5, 4097], [64, 64, 802_817]] as const) {
    const product = { key: '', batches: 1, rows, columns, depth, left: operand, right: operand };
    const { splits, stepsPerSplit } = planTiling(product);
    t.true(splits >= 1 && splits <= 512 && stepsPerSplit >= 1);
    t.true(splits * stepsPerSplit * 16 >= depth && (splits - 1) * stepsPerSplit * 16 <= depth);
    t.is(planTiling({ ...product, place: 'row' }).splits, 1);
  }
});

test('a long sum gives work to all of a large GPU, and waste does not', (t) => {
  const plan = (rows: number, columns: number, depth: number) => planTiling({ key: '', batches: 1, rows, columns, depth, left: operand, right: operand });
  const count = (rows: number, columns: number, depth: number): number => {
    const { side, splits } = plan(rows, columns, depth);
    return Math.ceil(rows / side) * Math.ceil(columns / side) * splits;
  };
  for (const [rows, columns, depth] of [[576, 64, 200_704], [147, 64, 802_816], [256, 512, 25_088]] as const) t.true(count(rows, columns, depth) >= 400);
  t.is(plan(128, 256, 4096).side, 128);
  t.is(plan(64, 64, 4096).side, 64);
  t.is(plan(64, 32, 4096).side, 32);
});

test('tiles fit the workgroup memory that WebGPU promises', (t) => {
  const product = { key: '', batches: 1, rows: 256, columns: 256, depth: 64, left: operand, right: operand };
  const tiling = planTiling(product);
  t.is(tiling.side, 128);
  const shaders = [
    writeRegisterShader(product, tiling),
    writeUnitShader(product, planTiling(product, MOST_UNIT_SIDE), { M: 16, N: 16, K: 16, subgroupSize: 32 }),
  ];
  const sizes: Record<string, number> = { 'vec4<f32>': 16, f32: 4, f16: 2 };
  for (const { code } of shaders) {
    const arrays = [...code().matchAll(/var<workgroup> \w+: array<(.+), (\d+)>;/g)];
    t.true(arrays.length >= 2);
    t.true(arrays.reduce((sum, [, type, count]) => sum + sizes[type!]! * Number(count), 0) <= 16_384);
  }
});

test('a product of any length fits the grid that WebGPU promises', (t) => {
  for (const rows of [5, 2_097_152, 2_097_153, 6_422_528, 50_000_000]) {
    const product = { key: '', batches: 1, rows, columns: 64, depth: 27, left: operand, right: operand };
    const tiling = planTiling(product);
    const [across, down, deep] = planGrid(product, tiling);
    t.true(Math.max(across, down, deep) <= 65_535);
    t.true(down * deep * tiling.side >= tiling.splits * rows);
  }
});
