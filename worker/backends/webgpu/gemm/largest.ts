// The largest absolute number of a tensor, in parts: exact, so that the order does not matter.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { runGrid } from '../program.js';
import type { GpuBackend } from '../program.js';

/** Workgroups, each of which leaves one number. */
export const NUM_PARTS = 64;
const THREADS = 256;

/** [NUM_PARTS]: the largest absolute number that each part saw; a NaN counts as the largest. The caller owns the result. */
export function findLargest(backend: GpuBackend, x: TensorInfo): TensorInfo {
  const size = util.sizeFromShape([...x.shape]);
  const width = size % 4 === 0 ? 4 : 1;
  const type = width === 4 ? 'vec4<u32>' : 'u32';
  // As bits, since a shader's max may take either number where one is a NaN.
  const code = `
    var<workgroup> most: array<u32, ${THREADS}>;
    fn compute() {
      let thread = i32(localIndex);
      var own = ${type}(0u);
      for (var i = i32(workgroupId.x) * ${THREADS} + thread; i < ${size / width}; i += ${NUM_PARTS * THREADS}) {
        own = max(own, bitcast<${type}>(x[i]) & ${type}(0x7fffffffu));
      }
      most[thread] = ${width === 4 ? 'max(max(own.x, own.y), max(own.z, own.w))' : 'own'};
      for (var step = ${THREADS / 2}; step > 0; step = step / 2) {
        workgroupBarrier();
        if (thread < step) { most[thread] = max(most[thread], most[thread + step]); }
      }
      if (thread == 0) { result[workgroupId.x] = bitcast<f32>(most[0]); }
    }`;
  const shader = { key: `largest_${size}`, inputs: { x }, components: [width], shape: [NUM_PARTS], code };
  return runGrid(backend, shader, { workgroup: [THREADS, 1, 1], workgroups: [NUM_PARTS, 1, 1] });
}
