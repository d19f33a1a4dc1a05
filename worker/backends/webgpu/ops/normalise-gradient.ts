// The gradient of the normalisation of groups of channels: sums over blocks, over images, then every element.
// Shape letters: N images, P places, C channels, G groups, K channels a group.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { dropUndefined } from '../../../../shared/drop-undefined.js';
import { runElements, runGrid } from '../program.js';
import type { GpuBackend } from '../program.js';
import { blockGrid, elementOf, keyOf, LANES, ROWS, sizesOf, threadOf } from './normalise-layout.js';
import type { Attributes, Sizes } from './normalise-layout.js';

export interface GradientInputs {
  readonly x: TensorInfo;
  readonly dy: TensorInfo;
  readonly moments: TensorInfo;
  readonly scale?: TensorInfo;
  /** What the forward pass gave, where a ReLU followed. */
  readonly output?: TensorInfo;
}

/** WGSL: the gradient that reaches the normalisation at `at`: none where the ReLU cut. */
const slopeAt = (at: string, output: TensorInfo | undefined): string => (output ? `select(0.0, dy[${at}], output[${at}] > 0.0)` : `dy[${at}]`);

/** [N, blocks, 2, C]: over each block the sums of the gradient, and of the gradient times the standardised input. */
function slopesOfBlocks(backend: GpuBackend, { x, dy, moments, output }: GradientInputs, sizes: Sizes): TensorInfo {
  const { N, P, C, G, K, blocks } = sizes;
  const code = (): string => `
    var<workgroup> rows: array<vec2<f32>, ${LANES * ROWS}>;
    fn compute() {
      ${threadOf(sizes)}
      var own = vec2<f32>(0.0);
      if (channel < ${C} && count > 0) {
        let start = (image * ${P} + first) * ${C} + channel;
        let mean = moments[image * ${3 * G} + channel / ${K}];
        let root = moments[image * ${3 * G} + ${G} + channel / ${K}];
        for (var i = 0; i < count; i++) {
          let at = start + i * ${ROWS * C};
          let slope = ${slopeAt('at', output)};
          own += vec2<f32>(slope, slope * (x[at] - mean) * root);
        }
      }
      rows[localIndex] = own;
      workgroupBarrier();
      if (localId.y == 0u && channel < ${C}) {
        for (var row = 1; row < ${ROWS}; row++) { own += rows[row * ${LANES} + lane]; }
        let at = (image * ${blocks} + block) * ${2 * C} + channel;
        result[at] = own.x;
        result[at + ${C}] = own.y;
      }
    }`;
  const inputs = { x, dy, moments, ...dropUndefined({ output }) };
  return runGrid(backend, { key: keyOf('slopesOfBlocks', sizes, output !== undefined), inputs, shape: [N, blocks, 2, C], code }, blockGrid(sizes));
}

/** [N, 2, C]: the sums over all blocks. */
function addBlocks(backend: GpuBackend, parts: TensorInfo, sizes: Sizes): TensorInfo {
  const { N, C, blocks } = sizes;
  const code = (): string => `
    var<workgroup> rows: array<f32, ${LANES * ROWS}>;
    fn compute() {
      let lane = i32(localId.x);
      let column = i32(workgroupId.x) * ${LANES} + lane;
      let image = i32(workgroupId.z);
      var own = 0.0;
      if (column < ${2 * C}) {
        for (var block = i32(localId.y); block < ${blocks}; block += ${ROWS}) { own += parts[(image * ${blocks} + block) * ${2 * C} + column]; }
      }
      rows[localIndex] = own;
      workgroupBarrier();
      if (localId.y == 0u && column < ${2 * C}) {
        for (var row = 1; row < ${ROWS}; row++) { own += rows[row * ${LANES} + lane]; }
        result[image * ${2 * C} + column] = own;
      }
    }`;
  const grid = { workgroup: [LANES, ROWS, 1], workgroups: [Math.ceil((2 * C) / LANES), 1, N] } as const;
  return runGrid(backend, { key: keyOf('addBlocks', sizes), inputs: { parts }, shape: [N, 2, C], code }, grid);
}

/** [N, 2, G]: what the gradient of every element of a group is lessened by: a constant, and a share of the standardised input. */
function coefficientsOf(
  backend: GpuBackend, { sums, scale }: { readonly sums: TensorInfo; readonly scale: TensorInfo | undefined }, sizes: Sizes, isEnergy: boolean,
): TensorInfo {
  const { N, P, C, G, K } = sizes;
  const code = (): string => `fn compute(index: i32) -> f32 {
    let part = index / ${G} % 2;
    let first = index % ${G} * ${K};
    var total = 0.0;
    for (var k = 0; k < ${K}; k++) {
      total += sums[(index / ${2 * G} * 2 + part) * ${C} + first + k]${scale ? ' * scale[first + k]' : ''};
    }
    return total / select(${P * K}.0, ${isEnergy ? 1 : P * K}.0, part == 1);
  }`;
  const inputs = { sums, ...dropUndefined({ scale }) };
  return runElements(backend, { key: keyOf('coefficients', sizes, scale !== undefined, isEnergy), inputs, shape: [N, 2, G], code });
}

function gradientOfInput(backend: GpuBackend, { x, dy, moments, scale, output }: GradientInputs, coefficients: TensorInfo, sizes: Sizes): TensorInfo {
  const code = (): string => `fn compute(index: i32) -> f32 {
    ${elementOf(sizes)}
    let at = image * ${2 * sizes.G} + group;
    let slope = ${slopeAt('index', output)}${scale ? ' * scale[channel]' : ''};
    return root * (slope - coefficients[at] - (x[index] - mean) * root * coefficients[at + ${sizes.G}]);
  }`;
  const inputs = { x, dy, moments, coefficients, ...dropUndefined({ scale, output }) };
  const key = keyOf('gradientOfInput', sizes, scale !== undefined, output !== undefined);
  return runElements(backend, { key, inputs, shape: x.shape, code });
}

/** [C]: one of the two sums over all images: 0 is the gradient of the shift, 1 that of the scale. */
function addImages(backend: GpuBackend, sums: TensorInfo, part: 0 | 1, sizes: Sizes): TensorInfo {
  const { N, C } = sizes;
  const code = (): string => `fn compute(index: i32) -> f32 {
    var total = 0.0;
    for (var image = 0; image < ${N}; image++) { total += sums[(image * 2 + ${part}) * ${C} + index]; }
    return total;
  }`;
  return runElements(backend, { key: keyOf('addImages', sizes, part), inputs: { sums }, shape: [C], code });
}

/** The gradients of x, scale and shift; of x alone without a scale. */
export function differentiate(backend: GpuBackend, inputs: GradientInputs, { numGroups, isEnergy }: Attributes): TensorInfo[] {
  const sizes = sizesOf(inputs.x, numGroups);
  const parts = slopesOfBlocks(backend, inputs, sizes);
  const sums = addBlocks(backend, parts, sizes);
  const coefficients = coefficientsOf(backend, { sums, scale: inputs.scale }, sizes, isEnergy);
  const dx = gradientOfInput(backend, inputs, coefficients, sizes);
  const rest = inputs.scale ? [addImages(backend, sums, 1, sizes), addImages(backend, sums, 0, sizes)] : [];
  for (const { dataId } of [parts, sums, coefficients]) backend.disposeData(dataId);
  return [dx, ...rest];
}
