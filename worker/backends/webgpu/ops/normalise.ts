// Normalisation of groups of channels, as kernels that worker/backends/ops.ts calls. Statistics are joined from blocks as mean
// and sum of squared deviations (Chan, Golub, LeVeque 1979), so that float32 is enough. The gradient: see normalise-gradient.ts.
// Shape letters: N images, P places, C channels, G groups, K channels a group.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { defineOp, runElements, runGrid } from '../program.js';
import type { GpuBackend, Op } from '../program.js';
import { BLOCK, blockGrid, elementOf, keyOf, LANES, ROWS, sizesOf, threadOf } from './normalise-layout.js';
import type { Attributes, Sizes } from './normalise-layout.js';
import { differentiate } from './normalise-gradient.js';

interface Inputs {
  readonly x: TensorInfo;
  readonly scale?: TensorInfo;
  readonly shift?: TensorInfo;
}

/** Threads that join the blocks of a group; a power of two. */
const JOINERS = 64;

/** WGSL: joins (count, mean, squares) of more numbers into those of `a`. */
const JOIN = `
  fn join(a: vec3<f32>, b: vec3<f32>) -> vec3<f32> {
    let count = a.x + b.x;
    if (b.x == 0.0) { return a; }
    let delta = b.y - a.y;
    return vec3<f32>(count, a.y + delta * b.x / count, a.z + b.z + delta * delta * a.x * b.x / count);
  }`;

/** [N, blocks, 2, C]: mean and sum of squared deviations of each channel over each block of places. */
function momentsOfBlocks(backend: GpuBackend, x: TensorInfo, sizes: Sizes): TensorInfo {
  const { P, C, blocks, N } = sizes;
  const code = (): string => `
    ${JOIN}
    var<workgroup> rows: array<vec3<f32>, ${LANES * ROWS}>;
    fn compute() {
      ${threadOf(sizes)}
      var own = vec3<f32>(0.0);
      if (channel < ${C} && count > 0) {
        let start = (image * ${P} + first) * ${C} + channel;
        var mean = 0.0;
        for (var i = 0; i < count; i++) { mean += x[start + i * ${ROWS * C}]; }
        mean = mean / f32(count);
        var squares = 0.0;
        for (var i = 0; i < count; i++) { let d = x[start + i * ${ROWS * C}] - mean; squares += d * d; }
        own = vec3<f32>(f32(count), mean, squares);
      }
      rows[localIndex] = own;
      workgroupBarrier();
      if (localId.y == 0u && channel < ${C}) {
        for (var row = 1; row < ${ROWS}; row++) { own = join(own, rows[row * ${LANES} + lane]); }
        let at = (image * ${blocks} + block) * ${2 * C} + channel;
        result[at] = own.y;
        result[at + ${C}] = own.z;
      }
    }`;
  return runGrid(backend, { key: keyOf('momentsOfBlocks', sizes), inputs: { x }, shape: [N, blocks, 2, C], code }, blockGrid(sizes));
}

/** [N, 3, G]: mean, inverse root, and what the root was taken of less epsilon. */
function momentsOfGroups(backend: GpuBackend, parts: TensorInfo, sizes: Sizes, { epsilon, isEnergy }: Attributes): TensorInfo {
  const { N, P, C, G, K, blocks } = sizes;
  const code = (): string => `
    ${JOIN}
    var<workgroup> joined: array<vec3<f32>, ${JOINERS}>;
    fn compute() {
      let thread = i32(localIndex);
      let group = i32(workgroupId.x);
      let image = i32(workgroupId.z);
      var own = vec3<f32>(0.0);
      for (var i = thread; i < ${blocks * K}; i += ${JOINERS}) {
        let block = i / ${K};
        let at = (image * ${blocks} + block) * ${2 * C} + group * ${K} + i % ${K};
        own = join(own, vec3<f32>(f32(min(${BLOCK}, ${P} - block * ${BLOCK})), parts[at], parts[at + ${C}]));
      }
      joined[thread] = own;
      for (var step = ${JOINERS / 2}; step > 0; step = step / 2) {
        workgroupBarrier();
        if (thread < step) { joined[thread] = join(joined[thread], joined[thread + step]); }
      }
      if (thread == 0) {
        let spread = joined[0].z / ${isEnergy ? '1.0' : 'joined[0].x'};
        let at = image * ${3 * G} + group;
        result[at] = joined[0].y;
        result[at + ${G}] = 1.0 / sqrt(spread + ${epsilon.toExponential()});
        result[at + ${2 * G}] = spread;
      }
    }`;
  const key = keyOf('momentsOfGroups', sizes, epsilon, isEnergy);
  return runGrid(backend, { key, inputs: { parts }, shape: [N, 3, G], code }, { workgroup: [JOINERS, 1, 1], workgroups: [G, 1, N] });
}

function forward(backend: GpuBackend, { x, scale, shift }: Inputs, attributes: Attributes): TensorInfo[] {
  const sizes = sizesOf(x, attributes.numGroups);
  const parts = momentsOfBlocks(backend, x, sizes);
  const moments = momentsOfGroups(backend, parts, sizes, attributes);
  backend.disposeData(parts.dataId);
  const isAffine = scale !== undefined && shift !== undefined;
  const code = (): string => `fn compute(index: i32) -> f32 {
    ${elementOf(sizes)}
    let y = (x[index] - mean) * root${isAffine ? ' * scale[channel] + shift[channel]' : ''};
    return ${attributes.relu ? 'max(y, 0.0)' : 'y'};
  }`;
  const inputs = { x, moments, ...(isAffine ? { scale, shift } : {}) };
  const y = runElements(backend, { key: keyOf('normalise', sizes, isAffine, attributes.relu), inputs, shape: x.shape, code });
  return [y, moments];
}

/** Mean and variance, [N, G] each, out of what the forward kernel keeps. */
function readMoments(backend: GpuBackend, { moments }: { moments: TensorInfo }): TensorInfo[] {
  const [N = 0, , G = 0] = moments.shape;
  return [0, 2].map((part) => {
    const code = (): string => `fn compute(index: i32) -> f32 { return moments[(index / ${G} * 3 + ${part}) * ${G} + index % ${G}]; }`;
    return runElements(backend, { key: `moments_${G}_${part}`, inputs: { moments }, shape: [N, G], code });
  });
}

export const normaliseOps = {
  NormaliseGroups: defineOp(forward),
  NormaliseGroupsGrad: defineOp(differentiate),
  NormaliseMoments: defineOp(readMoments),
} satisfies Record<string, Op>;
