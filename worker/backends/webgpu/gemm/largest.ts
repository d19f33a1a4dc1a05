// The largest absolute number of each operand of a product, in parts: exact, so that the order does not matter.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { runGrid } from '../program.js';
import type { GpuBackend } from '../program.js';

/** Workgroups an operand, each of which leaves one number. */
export const NUM_PARTS = 64;
const THREADS = 256;

const widthOf = (size: number): 4 | 1 => (size % 4 === 0 ? 4 : 1);

/** WGSL: the largest of a thread's share of a buffer. As bits, since a shader's max may take either number where one is a NaN. */
function writeScan(buffer: 'a' | 'b', size: number): string {
  const width = widthOf(size);
  const type = width === 4 ? 'vec4<u32>' : 'u32';
  return `
    var own = ${type}(0u);
    for (var i = part * ${THREADS} + thread; i < ${size / width}; i += ${NUM_PARTS * THREADS}) {
      own = max(own, bitcast<${type}>(${buffer}[i]) & ${type}(0x7fffffffu));
    }
    most[thread] = ${width === 4 ? 'max(max(own.x, own.y), max(own.z, own.w))' : 'own'};`;
}

/** [2 * NUM_PARTS]: the largest that each part of `a` and then of `b` saw; a NaN counts as the largest. The caller owns the result. */
export function findLargest(backend: GpuBackend, a: TensorInfo, b: TensorInfo): TensorInfo {
  const [sizeA, sizeB] = [a, b].map(({ shape }) => util.sizeFromShape([...shape])) as [number, number];
  const code = (): string => `
    var<workgroup> most: array<u32, ${THREADS}>;
    fn compute() {
      let thread = i32(localIndex);
      let part = i32(workgroupId.x) % ${NUM_PARTS};
      if (i32(workgroupId.x) < ${NUM_PARTS}) { ${writeScan('a', sizeA)} } else { ${writeScan('b', sizeB)} }
      for (var step = ${THREADS / 2}; step > 0; step = step / 2) {
        workgroupBarrier();
        if (thread < step) { most[thread] = max(most[thread], most[thread + step]); }
      }
      if (thread == 0) { result[workgroupId.x] = bitcast<f32>(most[0]); }
    }`;
  const shader = { key: `largest_${sizeA}_${sizeB}`, inputs: { a, b }, components: [widthOf(sizeA), widthOf(sizeB)], shape: [2 * NUM_PARTS], code };
  return runGrid(backend, shader, { workgroup: [THREADS, 1, 1], workgroups: [2 * NUM_PARTS, 1, 1] });
}
