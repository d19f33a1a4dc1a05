// Whether counts can be those of a microbatch: what no worker would find for its samples is refused. Pure.

import type { LeasedSample, Message, WeightedSum } from '../../shared/protocol/messages.js';

/** What results are measured by, as the recipe's task says. */
export interface ResultNames {
  readonly terms: readonly string[];
  readonly metrics: readonly string[];
}

export interface ComputedBounds {
  /** Samples of the microbatch. */
  readonly samples: readonly LeasedSample[];
  /** Names of what the layout's arrays are trained by. */
  readonly players: ReadonlySet<string>;
  readonly names: ResultNames;
}

/** Workers count in fp32. */
const MAX_SUM = 3.5e38;
/** What one sample may weigh, unless it weighs nothing: sums stay far from where they cannot be divided. */
const MAX_WEIGHT = 1e6;
const LEAST_WEIGHT = 1e-6;
const MAX_MS = 1e9;

/** Throws on what is out of bounds. */
export function checkComputed({ weights, terms, metrics, unusable, ms }: Message<'computed'>, { samples, players, names }: ComputedBounds): void {
  throwOnStrangers(unusable, samples);
  const { samples: numUsed, ...ofPlayers } = weights;
  const numUsable = samples.length - unusable.length;
  if (numUsed === undefined || numUsed > numUsable) throw new Error(`a weight of ${numUsed} for ${numUsable} samples`);
  for (const [player, weight] of Object.entries(ofPlayers)) {
    if (!players.has(player)) throw new Error(`a weight for ${JSON.stringify(player)}, which nothing is trained by`);
    throwOnWeight(player, weight, samples.length);
  }
  throwOnSums(terms, names.terms, samples.length);
  throwOnSums(metrics, names.metrics, samples.length);
  if (ms > MAX_MS) throw new Error(`${ms} milliseconds for a microbatch`);
}

function throwOnStrangers(unusable: Message<'computed'>['unusable'], samples: readonly LeasedSample[]): void {
  const left = new Map(samples.map((sample) => [sample.position, sample]));
  for (const { position, item, path } of unusable) {
    const sample = left.get(position);
    if (sample?.item !== item || sample.path !== path) throw new Error(`sample ${position} is not of the microbatch, or named twice`);
    left.delete(position);
  }
}

function throwOnSums(sums: Readonly<Record<string, WeightedSum>>, names: readonly string[], numSamples: number): void {
  const entries = Object.entries(sums);
  if (entries.length !== names.length || !entries.every(([name]) => names.includes(name))) {
    throw new Error(`${JSON.stringify(Object.keys(sums).slice(0, 10))} was measured, expected ${JSON.stringify(names)}`);
  }
  for (const [name, { sum, weight }] of entries) {
    if (Math.abs(sum) > MAX_SUM) throw new Error(`${name} of ${sum}`);
    throwOnWeight(name, weight, numSamples);
  }
}

function throwOnWeight(name: string, weight: number, numSamples: number): void {
  if (weight > MAX_WEIGHT * numSamples || (weight > 0 && weight < LEAST_WEIGHT)) throw new Error(`a weight of ${weight} for ${name}`);
}
