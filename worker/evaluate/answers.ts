// What a trained network answers to puzzles of single items, for people: in words where the answer is a class, in pictures where it is one.

import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../shared/random/random.js';
import { createArrays } from '../augment/arrays.js';
import { fillSlot, sliceSample } from '../augment/prepare-samples.js';
import { toBatch } from '../compute/batch.js';
import { createNet } from '../compute/net.js';
import type { Media } from '../decode/media.js';
import { explainPuzzle, joinAnswers } from '../tasks/explain-puzzle.js';
import { drawPlainly } from '../tasks/plain-puzzle.js';
import type { Arrays, Puzzle, ShownArray } from '../tasks/task.js';
import type { Evaluated } from './evaluate.js';
import { nameValues } from './features.js';

export interface Said {
  readonly text: string;
  /** Probability that the network gives it, 0..1. */
  readonly sureness: number;
  readonly isRight: boolean;
}

export interface Answered {
  /** Of the media. */
  readonly item: number;
  readonly shown: Readonly<Record<string, ShownArray>>;
  readonly answer: string;
  /** Where the answer is a class that the task has words for. */
  readonly said?: Said;
}

type Predicted = Readonly<Record<string, Float32Array>>;

/**
 * One puzzle of each item that one can be made of; none where the task has no answer that people could read or see. Behind the last ones of a
 * microbatch lie puzzles of the first items again: what couples its samples needs a full one. Leaves no tensor behind.
 */
export async function answerPuzzles({ parts, values }: Evaluated, media: readonly Media[], seed: number): Promise<Answered[]> {
  const { sizes: { microbatchSize } } = parts;
  const puzzle = drawPlainly(parts.puzzle);
  const named = nameValues(parts.layout, values);
  const answered: Answered[] = [];
  try {
    for (let first = 0; first < media.length; first += microbatchSize) {
      const asked = [...media.slice(first, first + microbatchSize)];
      const drawn = createArrays(puzzle, microbatchSize);
      const items: (number | undefined)[] = [];
      for (let slot = 0; slot < microbatchSize; slot++) {
        const source = asked[slot] ?? media[slot % media.length]!;
        const isDrawn = fillSlot(puzzle, drawn, slot, { media: source, random: createRandom({ seed, epoch: asked[slot] ? 0 : 1 + slot, sample: source.item, purpose: 'evaluate' }) });
        items.push(isDrawn && asked[slot] ? source.item : undefined);
      }
      const predicted = await predict({ parts: { ...parts, puzzle }, named }, drawn);
      answered.push(...items.flatMap((item, slot) => {
        const told = item === undefined ? undefined : tell(puzzle, sliceSample(drawn.arrays, slot, microbatchSize), sliceRows(predicted, slot, microbatchSize));
        return told ? [{ item: item!, ...told }] : [];
      }));
    }
    return answered;
  } finally {
    tf.dispose(named);
  }
}

/** What the objective predicts of a microbatch, by name; only what has a row or more of each sample. */
async function predict({ parts, named }: { readonly parts: Evaluated['parts']; readonly named: Record<string, tf.Tensor> }, { arrays, weights }: ReturnType<typeof createArrays>): Promise<Predicted> {
  const { puzzle, objective, model, modelOptions } = parts;
  const tensors = tf.tidy(() => ({ ...objective.predict(toBatch(puzzle, arrays, weights), createNet({ model, modelOptions, values: named })) }));
  const entries = await Promise.all(Object.entries(tensors).map(async ([name, tensor]) => [name, new Float32Array(await tensor.data())] as const));
  tf.dispose(tensors);
  return Object.fromEntries(entries);
}

function sliceRows(predicted: Predicted, slot: number, numSamples: number): Predicted {
  return Object.fromEntries(Object.entries(predicted).filter(([, { length }]) => length % numSamples === 0).map(([name, values]) => {
    const length = values.length / numSamples;
    return [name, values.subarray(slot * length, (slot + 1) * length)];
  }));
}

/** Undefined where nothing of the answer can be read or seen. Numbers are copied: the arrays are used again. */
function tell(puzzle: Puzzle, drawn: Arrays, predicted: Predicted): Omit<Answered, 'item'> | undefined {
  const { answer, shown } = explainPuzzle(puzzle, drawn);
  const painted = puzzle.showPredicted?.(drawn, predicted) ?? {};
  const hasPicture = Object.keys(painted).length > 0;
  const said = answer === '' ? undefined : say(puzzle, drawn, predicted);
  if (!said && !hasPicture) return undefined;
  return { answer, shown: copy(hasPicture ? { ...(said && shown), ...painted } : shown), ...(said && { said }) };
}

const copy = (shown: Answered['shown']): Answered['shown'] =>
  Object.fromEntries(Object.entries(shown).map(([title, { shape, values }]) => [title, { shape, values: values.slice() }]));

/**
 * Answers that are classes have an array of whole numbers of the same name as the prediction of it: one number, the class, or a 1 for each class that
 * an item is of. The puzzle is explained as if the guess were right; of several tasks those are left out that have no class to say.
 */
function say(puzzle: Puzzle, drawn: Arrays, predicted: Predicted): Said | undefined {
  const asked = Object.entries(puzzle.arrays).flatMap(([name, { type }]) => {
    const [right, logits] = [drawn[name]!, predicted[name]];
    const canBeSaid = type === 'int32' && logits !== undefined && logits.length > 1 && (right.length === 1 || right.length === logits.length);
    return canBeSaid ? [{ name, right, ...(right.length === 1 ? guessOne(logits) : guessEach(logits)) }] : [];
  });
  // Of an item without a label nobody knows the class.
  if (asked.length === 0 || asked.some(({ right }) => right.some((value) => value < 0))) return undefined;
  const { answer, byTask } = explainPuzzle(puzzle, { ...drawn, ...Object.fromEntries(asked.map(({ name, classes }) => [name, classes])) });
  const saying = Object.entries(byTask ?? {}).filter(([task]) => asked.some(({ name }) => name.startsWith(`${task}/`)));
  return {
    text: byTask ? joinAnswers(Object.fromEntries(saying)) : answer,
    sureness: asked.reduce((product, { probability }) => product * probability, 1),
    isRight: asked.every(({ right, classes }) => classes.every((value, i) => value === right[i])),
  };
}

interface Guess {
  readonly classes: Int32Array;
  readonly probability: number;
}

function guessOne(logits: Float32Array): Guess {
  const best = logits.indexOf(Math.max(...logits));
  return { classes: Int32Array.of(best), probability: 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - logits[best]!), 0) };
}

/** Each class by itself: yes or no. */
function guessEach(logits: Float32Array): Guess {
  return {
    classes: Int32Array.from(logits, (logit) => (logit > 0 ? 1 : 0)),
    probability: logits.reduce((product, logit) => product / (1 + Math.exp(-Math.abs(logit))), 1),
  };
}
