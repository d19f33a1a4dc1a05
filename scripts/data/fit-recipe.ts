// What of a recipe follows from the data and the task: side, batch, steps, update rule. Pure.

import { chooseTrained } from '../../coordinator/run/name-classes.js';
import type { Item } from '../../shared/datasets/dataset.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { tasksOf } from '../../shared/recipe/tasks.js';
import type { TaskName } from '../../worker/tasks/puzzles.js';
import { median } from './median.js';

export interface DataSize {
  readonly kind: 'image' | 'video';
  readonly numTrain: number;
  /** Median of the shorter side, in pixels; 0 where unknown. */
  readonly shortSide: number;
}

/** Laid over a recipe. */
export interface Fitted {
  readonly steps: number;
  readonly data: { readonly side: number; readonly shortSide: number };
  readonly optimizer: { readonly name: string; readonly learningRate: number; readonly schedule: { readonly name: string } };
  readonly batch: { readonly microbatches: number; readonly microbatchSize: number };
  /** What was chosen and why, a sentence each. */
  readonly reasons: readonly string[];
}

/** Tasks that tell views of one picture from those of others: they compare the samples of a microbatch, and want many of them. */
export const COMPARING: readonly TaskName[] = ['byol', 'instance', 'lejepa', 'moco', 'pirl', 'simclr', 'simsiam', 'vicreg'];

const USUAL_SIDE = 64;
const SMALL_SIDE = 32;
/** The decoder scales to this times the side: room for crops. */
const ROOM = 76 / 64;
const USUAL_BATCH = 64;
const SMALL_BATCH = 32;
/** What was measured on real data had more to train on, if not by much. */
export const FEW_ITEMS = 200;
/** What the recipes in scripts/recipes learn with, at batches of 64 and 128. */
const USUAL_OPTIMIZER = { name: 'adamw', learningRate: 0.002, schedule: { name: 'one-cycle' } };
const EPOCHS = 30;
const LEAST_STEPS = 1000;
const MOST_STEPS = 20_000;

/** Whether a key of a recipe is one of `Fitted.data`. */
export const isKeyOfSide = ([first, second]: readonly string[]): boolean => first === 'data' && (second === 'side' || second === 'shortSide');

/** What is learnt, as far as sizes depend on it. */
export interface Learnt {
  /** Their names. */
  readonly tasks: readonly string[];
  /** Consistency tells a sample from the others of its microbatch. */
  readonly isCompared?: boolean;
}

/** What suits so many items of such a size, for what is learnt. */
export function fitSizes({ kind, numTrain, shortSide }: DataSize, learnt: Learnt): Fitted {
  const isSmall = kind === 'image' && shortSide > 0 && shortSide < USUAL_SIDE;
  const side = isSmall ? SMALL_SIDE : USUAL_SIDE;
  const batch = chooseBatch(numTrain, learnt);
  const samples = batch.microbatches * batch.microbatchSize;
  const steps = Math.min(MOST_STEPS, Math.max(LEAST_STEPS, Math.ceil((EPOCHS * numTrain) / samples / 100) * 100));
  const epochs = (steps * samples) / numTrain;
  return {
    steps, data: { side, shortSide: Math.round(side * ROOM) }, optimizer: USUAL_OPTIMIZER, batch,
    reasons: [
      isSmall ? `data.side=${side}: half of the pictures are at most ${shortSide} pixels high or wide.` : `data.side=${side}: enough for most tasks, and small enough to be quick.`,
      `batch of ${batch.microbatches} x ${batch.microbatchSize}: ${batch.reason}`,
      `steps=${steps}: every item is seen ${epochs < 10 ? epochs.toFixed(1) : Math.round(epochs)} times.`,
      `optimizer.name=${USUAL_OPTIMIZER.name}, optimizer.learningRate=${USUAL_OPTIMIZER.learningRate}: what the tasks were tried with.`,
    ],
  };
}

function chooseBatch(numTrain: number, { tasks, isCompared = false }: Learnt): Fitted['batch'] & { readonly reason: string } {
  const who = tasks.find((task) => (COMPARING as readonly string[]).includes(task)) ?? (isCompared ? 'consistency' : undefined);
  if (who !== undefined) return { microbatches: 2, microbatchSize: 64, reason: `${who} compares the samples of a microbatch.` };
  if (numTrain < FEW_ITEMS) return { microbatches: 8, microbatchSize: SMALL_BATCH / 8, reason: `${numTrain} items are few, and smaller batches make more updates of them.` };
  return { microbatches: 8, microbatchSize: USUAL_BATCH / 8, reason: 'the usual one.' };
}

/** Median of the shorter sides that are known; 0 where none is. */
export const shortSideOf = (items: readonly Item[]): number =>
  median(items.flatMap(({ width, height }) => (width === undefined || height === undefined ? [] : [Math.min(width, height)])));

/** A recipe with sizes that suit its data and task; they take the place of those that it has. */
export function fitRecipe(recipe: Recipe, items: readonly Item[]): { readonly recipe: Recipe; readonly notes: readonly string[] } {
  const { items: trained } = chooseTrained(recipe, items);
  const { reasons, optimizer, batch: { microbatches, microbatchSize }, ...sizes } = fitSizes(
    { kind: items[0]?.kind ?? 'image', numTrain: trained.length, shortSide: shortSideOf(items) },
    { tasks: tasksOf(recipe).map(({ name }) => name), isCompared: recipe.consistency?.features.some(({ loss }) => loss !== 'cosine') === true },
  );
  const { name, learningRate, schedule } = optimizer;
  return {
    recipe: {
      ...recipe, steps: sizes.steps, data: { ...recipe.data, ...sizes.data }, batch: { microbatches, microbatchSize },
      optimizer: { ...recipe.optimizer, name, options: {}, learningRate, schedule: { ...schedule, options: {} } },
    },
    notes: reasons.map((reason) => `chosen by the data: ${reason}`),
  };
}
