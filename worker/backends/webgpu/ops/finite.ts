// Whether numbers are finite, said by the GPU: many million are read there in a fraction of a millisecond, and by the processor in ten.

import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { defineOp, runElements } from '../program.js';
import type { Op } from '../program.js';

/** Threads, each of which looks at every so many-th number; as many as a large GPU runs at a time. */
const READERS = 16_384;

/** Exponents of Infinity and NaN. By bits: a compiler may take it that arithmetic meets neither. */
const EXPONENT = '0x7f800000u';

export const finiteOps = {
  MarkNotFinite: defineOp((backend, { x }: { x: TensorInfo }) => {
    const size = util.sizeFromShape(x.shape);
    const readers = Math.min(READERS, size);
    const code = (): string => `fn compute(index: i32) -> f32 {
      var isFound = false;
      for (var i = index; i < ${size}; i += ${readers}) {
        isFound = isFound || (bitcast<u32>(x[i]) & ${EXPONENT}) == ${EXPONENT};
      }
      return select(0.0, 1.0, isFound);
    }`;
    return runElements(backend, { key: `markNotFinite_${size}`, inputs: { x }, shape: [readers], code });
  }),
} satisfies Record<string, Op>;
