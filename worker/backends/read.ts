// Reading from the device into arrays that are there already, many tensors at once.

import * as tf from '@tensorflow/tfjs-core';

/** A tensor, and the array of its size that takes what it holds. */
export type Reading = readonly [tensor: tf.Tensor, target: Float32Array];

/** What a backend of ours may offer beside tfjs's own read. */
interface Reader {
  readInto?(downloads: readonly (readonly [dataId: object, target: Float32Array])[]): Promise<void>;
}

/** Writes what tensors hold into arrays. Waits for the device once, where the backend can. */
export async function readInto(readings: readonly Reading[]): Promise<void> {
  const backend = tf.backend() as tf.KernelBackend & Reader;
  if (backend.readInto) return backend.readInto(readings.map(([{ dataId }, target]) => [dataId, target]));
  for (const [tensor, target] of readings) target.set(await tensor.data<'float32'>());
}
