// What goes on inside while a microbatch is computed: the outputs of every layer, what each sample loses, whose gradient is not finite.
// Passes of their own, for training keeps none of it. Shape letters: B samples.

import * as tf from '@tensorflow/tfjs-core';
import type { TrainerParts } from '../compute/build-parts.js';
import { passForward, type MicrobatchInput } from '../compute/forward.js';
import { listFrozen } from '../compute/frozen.js';
import type { Trainer } from '../compute/trainer.js';
import type { NamedTensors } from '../models/model.js';
import { watchLayers } from '../models/watch.js';
import type { Outcome } from '../tasks/objective.js';
import type { TypedArray } from '../tasks/task.js';

/** Names a layer as the state does: a teacher's, or one of several tasks', knows itself by a shorter name. */
function createNaming(values: NamedTensors): (layer: string, parameters: NamedTensors) => string {
  const names = new Map(Object.entries(values).map(([name, tensor]) => [tensor, name]));
  return (layer, parameters) => {
    const own = Object.keys(parameters).find((name) => name.startsWith(`${layer}/`));
    const name = own === undefined ? undefined : names.get(parameters[own]!);
    return own === undefined || name === undefined ? layer : name.slice(0, name.length - (own.length - layer.length));
  };
}

/** What each sample adds to the summed loss, [B]. */
function lossesOf({ terms }: Outcome, weights: Float32Array): tf.Tensor1D {
  const weightsB = tf.tensor1d(weights);
  return Object.values(terms).map(({ perSample, weight }) => tf.mul<tf.Tensor1D>(perSample, weight ?? weightsB)).reduce((sum, each) => tf.add(sum, each));
}

/**
 * Hands over the outputs of every layer by the layer's name, in the order of the forward pass; a layer that is used again comes again.
 * Resolves with what each sample adds to the summed loss, [B].
 */
export async function lookAtForward(parts: TrainerParts, values: NamedTensors, input: MicrobatchInput, onLayer: (name: string, outputs: ArrayLike<number>) => void): Promise<Float32Array> {
  const nameLayer = createNaming(values);
  const seen: { readonly name: string; readonly outputs: tf.Tensor }[] = [];
  const losses = tf.tidy(() => watchLayers(
    (layer, parameters, outputs) => seen.push({ name: nameLayer(layer, parameters), outputs: tf.keep(tf.clone(outputs)) }),
    () => lossesOf(passForward(parts, input, values, listFrozen(parts, input.step)).outcome, input.weights),
  ));
  try {
    for (const { name, outputs } of seen) onLayer(name, await outputs.data());
    return await losses.data<'float32'>();
  } finally {
    tf.dispose([losses, ...seen.map(({ outputs }) => outputs)]);
  }
}

/** The microbatch with one sample alone, as if none of the others could be used. */
function isolate(input: MicrobatchInput, slot: number): MicrobatchInput {
  const keepOwn = <Values extends TypedArray>(array: Values, empty: Values): Values => {
    const length = array.length / input.weights.length;
    empty.set(array.subarray(slot * length, (slot + 1) * length), slot * length);
    return empty;
  };
  const emptyOf = (array: TypedArray): TypedArray => array.slice().fill(0);
  const arrays = Object.fromEntries(Object.entries(input.arrays).map(([name, array]) => [name, keepOwn(array, emptyOf(array))]));
  return { ...input, arrays, weights: keepOwn(input.weights, new Float32Array(input.weights.length)) };
}

/** Slots of the samples whose gradient is not finite although they are alone. A backward pass for each sample. */
export async function findFaultyGradients(trainer: Trainer, input: MicrobatchInput, gradientLength: number): Promise<number[]> {
  const gradient = new Float32Array(gradientLength);
  const faulty: number[] = [];
  for (const slot of input.weights.keys()) {
    if (input.weights[slot] === 0) continue;
    const { isFinite } = await trainer.computeGradient(isolate(input, slot), gradient);
    if (!isFinite) faulty.push(slot);
  }
  return faulty;
}
