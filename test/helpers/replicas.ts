// Replicas of small recipes and microbatches of random numbers for them, for tests that need no pictures.

import type { ExecutionContext } from 'ava';
import type { Random } from '../../shared/random/random.js';
import { initState } from '../../shared/state/init.js';
import { sizeOf } from '../../shared/state/spec.js';
import { createArrays } from '../../worker/augment/arrays.js';
import type { TrainerParts } from '../../worker/compute/build-parts.js';
import { createTrainer, type MicrobatchInput, type Trainer } from '../../worker/compute/trainer.js';
import { normal } from './numerics.js';

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
