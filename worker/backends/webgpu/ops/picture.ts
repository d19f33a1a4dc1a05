// Pictures travel to the device as bytes, a quarter of their numbers' size, and are unpacked there.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { defineOp, runElements } from '../program.js';
import type { Op } from '../program.js';

interface Attributes {
  /** [..., 3]. */
  readonly shape: readonly number[];
  /** By channel, of shares of 255. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

const constants = (values: readonly number[]): string => `vec3<f32>(${values.map(Math.fround).join()})`;

export const pictureOps = {
  /** `packed` has four bytes in each int32, the first in its lowest bits. */
  NormaliseBytes: defineOp((backend, { packed }: { packed: TensorInfo }, { shape, mean, deviation }: Attributes) => {
    const code = (): string => `fn compute(index: i32) -> f32 {
      let byte = (bitcast<u32>(packed[index / 4]) >> u32(index % 4 * 8)) & 255u;
      let mean = ${constants(mean)};
      let deviation = ${constants(deviation)};
      return (f32(byte) / 255.0 - mean[index % 3]) / deviation[index % 3];
    }`;
    return runElements(backend, { key: `normaliseBytes_${[...mean, ...deviation].join('_')}`, inputs: { packed }, shape, code });
  }),
} satisfies Record<string, Op>;
