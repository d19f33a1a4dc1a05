// Replicas of small recipes and microbatches of random numbers for them, for tests that need no pictures.

import type { ExecutionContext } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../shared/random/random.js';
import { initState } from '../../shared/state/init.js';
import { sizeOf } from '../../shared/state/spec.js';
import { createArrays } from '../../worker/augment/arrays.js';
import type { TrainerParts } from '../../worker/compute/build-parts.js';
import type { MicrobatchInput } from '../../worker/compute/forward.js';
import { createTrainer, type Trainer } from '../../worker/compute/trainer.js';
import { normal } from './numerics.js';
import { planSteps, stateOf } from './planned-steps.js';

/** A replica with the state that its seed gives. */
export function createReplica(parts: TrainerParts): Trainer {
  const trainer = createTrainer(parts);
  trainer.load(initState(parts.layout, parts.seed));
  return trainer;
}

/** Replicas that end with the test. */
export function createReplicas(t: ExecutionContext, parts: TrainerParts, count = 1): Trainer[] {
  const replicas = Array.from({ length: count }, () => createReplica(parts));
  t.teardown(() => replicas.forEach((replica) => replica.dispose()));
  return replicas;
}

/**
 * However microbatches are shared out and in whatever order they are computed, replicas end with the same bits, and so does one that
 * gets its state from another in mid-run. Every array that is trained moves, and no tensor is left.
 */
export async function expectSameBits(t: ExecutionContext, parts: TrainerParts): Promise<void> {
  const steps = planSteps(parts, { numItems: 16, lostItem: 5 });
  const [alone, a, b, c, late] = createReplicas(t, parts, 5);
  const numTensors = tf.memory().numTensors;
  const first = await stateOf(parts, alone!);
  for (const step of [1, 2]) {
    await steps.take([alone!], step);
    await steps.take([a!, b!, c!], step, [1, 2, 0]);
  }
  const second = await stateOf(parts, alone!);
  for (const replica of [a!, b!, c!]) t.deepEqual(await stateOf(parts, replica), second);
  late!.load(second);
  await steps.take([alone!], 3, [0, 1, 2]);
  await steps.take([c!, late!], 3, [2, 0, 1]);
  const last = await stateOf(parts, alone!);
  for (const replica of [c!, late!]) t.deepEqual(await stateOf(parts, replica), last);
  t.true(last.every(Number.isFinite));
  for (const { name, kind, offset, length } of parts.layout.entries) {
    if (kind === 'trained') t.notDeepEqual(second.slice(offset, offset + length), first.slice(offset, offset + length), name);
  }
  t.is(tf.memory().numTensors, numTensors);
}

/** Puzzles of random numbers: pictures of noise, whole numbers in 0..numClasses-1. */
export function createInput({ puzzle }: TrainerParts, random: Random, numSamples: number, numClasses = 4): MicrobatchInput {
  const { arrays, weights } = createArrays(puzzle, numSamples);
  for (const [name, { type, shape }] of Object.entries(puzzle.arrays)) {
    const draw = { uint8: () => random.int(256), int32: () => random.int(numClasses), float32: () => normal(random) }[type];
    for (let i = 0; i < numSamples * sizeOf(shape); i++) arrays[name]![i] = draw();
  }
  return { step: 1, microbatch: 0, arrays, weights: weights.fill(1) };
}

/** Samples `start` to `end` of a microbatch. */
export function cutInput(input: MicrobatchInput, start: number, end: number): MicrobatchInput {
  const numSamples = input.weights.length;
  const arrays = Object.fromEntries(Object.entries(input.arrays).map(([name, array]) =>
    [name, array.slice((array.length / numSamples) * start, (array.length / numSamples) * end)]));
  return { ...input, arrays, weights: input.weights.slice(start, end) };
}
