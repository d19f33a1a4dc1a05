// Where each array of a state lies: in the flat state that checkpoints hold, and in the flat vector that travels in a step.
// The flat state has the values of all arrays, in order, then each trained array's optimizer slots, array by array.

import { PretextError } from '../errors/pretext-error.js';
import { MAIN_PLAYER, sizeOf, type StateSpec } from './spec.js';

export type LayoutEntry<Spec extends StateSpec = StateSpec> = Spec & {
  /** First element among the values. */
  readonly offset: number;
  /** Elements of the value. */
  readonly length: number;
  /** Its part of the vector that travels; empty for what every replica changes by itself. */
  readonly travelOffset: number;
  readonly travelLength: number;
  /** Arrays that its optimizer keeps beside it, each of its shape. */
  readonly slots: readonly string[];
  /** First element of its first slot in the flat state. */
  readonly slotOffset: number;
};

export interface Layout {
  readonly entries: readonly LayoutEntry[];
  /** Elements of all values: the part of the flat state that digests are taken of. */
  readonly valuesLength: number;
  /** Elements of the vector that travels: summed gradients, observed statistics, new rows. */
  readonly gradientLength: number;
  /** Elements of a whole flat state. */
  readonly stateLength: number;
}

export interface LayoutOptions {
  /** Samples of a step: microbatches times microbatchSize. Default 0, for layouts without queues and banks. */
  readonly samplesPerStep?: number;
  /** Arrays that the optimizer of a trained array keeps. Default none. */
  readonly slotsOf?: (name: string) => readonly string[];
}

/** A row travels with one more number, its mark: 1 for a queue, one more than its place for a bank; 0 where a sample gave none. */
const ROW_MARK = 1;

/** Whole numbers up to this one are exact in fp32, as marks must be. */
const MAX_MARK = 2 ** 24;

/** Numbers of one row of a queue or a bank on its way. */
export const rowWidth = ({ shape }: { readonly shape: readonly number[] }): number => shape.at(-1)! + ROW_MARK;

function travelLengthOf(spec: StateSpec, samplesPerStep: number): number {
  if (spec.kind === 'trained' || spec.kind === 'statistic') return sizeOf(spec.shape);
  if (spec.kind === 'bank') return samplesPerStep * rowWidth(spec);
  return spec.kind === 'queue' ? samplesPerStep * spec.rowsPerSample * rowWidth(spec) : 0;
}

function throwOnBadNames(specs: readonly StateSpec[]): void {
  const shapes = new Map<string, readonly number[]>();
  for (const { name, shape } of specs) {
    if (shapes.has(name)) throw new Error(`Two arrays are named "${name}".`);
    shapes.set(name, shape);
  }
  for (const spec of specs) {
    if (spec.kind === 'teacher' && shapes.get(spec.of)?.join() !== spec.shape.join()) {
      throw new Error(`"${spec.name}" follows "${spec.of}", expected an array of its shape [${spec.shape.join(', ')}].`);
    }
  }
}

/** Names of what arrays are trained by; the first one also where nothing is trained. */
export function playersOf({ entries }: Layout): ReadonlySet<string> {
  return new Set([MAIN_PLAYER, ...entries.flatMap((entry) => (entry.kind === 'trained' ? (entry.player ?? []) : []))]);
}

function throwOnFullBanks(specs: readonly StateSpec[]): void {
  for (const { kind, name, shape: [numItems = 0] } of specs) {
    if (kind !== 'bank' || numItems <= MAX_MARK) continue;
    throw new PretextError('BAD_RECIPE', `"${name}" has a row for each item: expected at most ${MAX_MARK} items to train on, given ${numItems}.`, {
      hint: 'Choose a task that keeps no row for each item.',
    });
  }
}

/**
 * Lays arrays one after another, in the order given. Throws on a name used twice and on a teacher of nothing, and PretextError
 * BAD_RECIPE on a bank of too many rows.
 */
export function createLayout(specs: readonly StateSpec[], { samplesPerStep = 0, slotsOf = () => [] }: LayoutOptions = {}): Layout {
  throwOnBadNames(specs);
  throwOnFullBanks(specs);
  const valuesLength = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  let [offset, travelOffset, slotOffset] = [0, 0, valuesLength];
  const entries = specs.map((spec): LayoutEntry => {
    const length = sizeOf(spec.shape);
    const travelLength = travelLengthOf(spec, samplesPerStep);
    const slots = spec.kind === 'trained' ? slotsOf(spec.name) : [];
    const entry = { ...spec, offset, length, travelOffset, travelLength, slots, slotOffset };
    offset += length;
    travelOffset += travelLength;
    slotOffset += slots.length * length;
    return entry;
  });
  return { entries, valuesLength, gradientLength: travelOffset, stateLength: slotOffset };
}
