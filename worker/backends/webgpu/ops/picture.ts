// Pictures travel to the device as bytes, a quarter of their numbers' size, and are unpacked there.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { defineOp, runElements } from '../program.js';
import type { Op } from '../program.js';

interface Attributes {
  /** [..., C]. */
  readonly shape: readonly number[];
  /** By channel, of shares of 255. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

const constants = (values: readonly number[]): string => {
  const type = values.length === 3 ? 'vec3<f32>' : `array<f32, ${values.length}>`;
  return `${type}(${values.map((value) => `f32(${Math.fround(value)})`).join()})`;
};

export const pictureOps = {
  /** `packed` has four bytes in each int32, the first in its lowest bits. */
  NormaliseBytes: defineOp((backend, { packed }: { packed: TensorInfo }, { shape, mean, deviation }: Attributes) => {
    const code = (): string => `fn compute(index: i32) -> f32 {
      let byte = (bitcast<u32>(packed[index / 4]) >> u32(index % 4 * 8)) & 255u;
      var mean = ${constants(mean)};
      var deviation = ${constants(deviation)};
      return (f32(byte) / 255.0 - mean[index % ${mean.length}]) / deviation[index % ${mean.length}];
    }`;
    return runElements(backend, { key: `normaliseBytes_${[...mean, ...deviation].join('_')}`, inputs: { packed }, shape, code });
  }),
} satisfies Record<string, Op>;
