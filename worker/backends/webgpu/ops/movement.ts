// Tensors joined and sliced where that leaves runs of elements as they are: by copies of the device, without a shader. tfjs's
// concat binds every tensor to one shader, so that hundreds take many, which copy what others have copied.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import { defineOp, isFloat } from '../program.js';
import type { GpuBackend, Op } from '../program.js';

const BYTES = 4;

/** Elements of `from`, from `start` on, that go to `to`, from `at` on. */
interface Run {
  readonly from: TensorInfo;
  readonly start: number;
  readonly to: TensorInfo;
  readonly at: number;
  readonly count: number;
}

function copyRuns(backend: GpuBackend, runs: readonly Run[]): void {
  const bufferOf = ({ dataId }: TensorInfo): object => {
    backend.uploadToGPU(dataId);
    backend.commandQueueOwnedIds.add(dataId);
    return backend.tensorMap.get(dataId).resource!;
  };
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  for (const { from, start, to, at, count } of runs) {
    backend.commandEncoder.copyBufferToBuffer(bufferOf(from), start * BYTES, bufferOf(to), at * BYTES, count * BYTES);
  }
}

export const movementOps = {
  Concat: defineOp((backend, inputs: readonly TensorInfo[], attributes: { readonly axis: number }) => {
    const shapes = inputs.map(({ shape }) => shape);
    const [axis = 0] = util.parseAxisParam(attributes.axis, shapes[0]!);
    backend_util.assertParamsConsistent(shapes, axis);
    const sizes = shapes.map((shape) => util.sizeFromShape(shape));
    const isOneRow = util.sizeFromShape(shapes[0]!.slice(0, axis)) === 1;
    if (!isFloat(...inputs) || !isOneRow || sizes.includes(0)) return undefined;
    const to = backend.makeTensorInfo(backend_util.computeOutShape(shapes, axis), 'float32');
    let at = 0;
    copyRuns(backend, inputs.map((from, part) => {
      const count = sizes[part]!;
      at += count;
      return { from, start: 0, to, at: at - count, count };
    }));
    return to;
  }),

  Slice: defineOp((backend, { x }: { x: TensorInfo }, attributes: { readonly begin: number[]; readonly size: number[] }) => {
    const [begin = [], size = []] = slice_util.parseSliceParams(x, attributes.begin, attributes.size);
    slice_util.assertParamsValid(x, begin, size);
    const count = util.sizeFromShape(size);
    if (!isFloat(x) || !slice_util.isSliceContinous(x.shape, begin, size) || count === 0) return undefined;
    const to = backend.makeTensorInfo(size, 'float32');
    const start = slice_util.computeFlatOffset(begin, util.computeStrides(x.shape));
    copyRuns(backend, [{ from: x, start, to, at: 0, count }]);
    return to;
  }),
} satisfies Record<string, Op>;
