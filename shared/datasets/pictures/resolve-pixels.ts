// What a recipe leaves to the pictures: how many bands they have, which values become black and white, what channels are normalised by.
// Found once, when a run is prepared, from the pictures that it trains on; workers get numbers.

import { join } from 'node:path';
import { PretextError } from '../../errors/pretext-error.js';
import type { Recipe } from '../../recipe/schema.js';
import type { Item } from '../dataset.js';
import { rangeByPercentiles, rangeByValues, type ChosenRange } from './choose-range.js';
import type { Histogram } from './histogram.js';
import { limitsOf, type DataRange } from './range.js';
import type { SampleType } from './raster.js';
import { surveyPictures, type ValueSurvey } from './survey.js';
import type { Channels } from './to-bytes.js';

type PixelKeys = Pick<Recipe['data'], 'channels' | 'range' | 'mean' | 'deviation'>;

/** What the pictures turned out to be, for the manifest. */
export interface PixelFacts {
  /** Training pictures by the type of their numbers. */
  readonly types: Readonly<Partial<Record<SampleType, number>>>;
  /** Pictures whose numbers were counted. */
  readonly counted: number;
  readonly channels: PixelKeys['channels'];
  readonly range: DataRange;
  readonly mean?: readonly number[];
  readonly deviation?: readonly number[];
}

export interface ResolvedPixels {
  readonly keys: PixelKeys;
  /** Absent where nothing was counted. */
  readonly facts?: PixelFacts;
  /** Sentences for the log. */
  readonly notes: readonly string[];
}

export interface PixelSource {
  readonly root: string;
  readonly items: readonly Item[];
  readonly signal?: AbortSignal | undefined;
}

/** Fills in the keys of `data` that depend on the pictures. */
export async function resolvePixels(given: PixelKeys, { root, items, signal }: PixelSource): Promise<ResolvedPixels> {
  const pictures = items.filter(({ kind, split }) => kind === 'image' && split === 'train');
  const bands = countMost(pictures.map((item) => item.bands ?? 3));
  const channels: Channels = given.channels !== 'all' ? given.channels : pictures.length === 0 ? 'rgb' : Array.from({ length: bands }, (_, band) => band + 1);
  throwOnBands(channels, pictures.length === 0 ? 3 : Math.max(...pictures.map((item) => item.bands ?? 3)));
  const notes = noteBands(pictures, channels);
  const types = countTypes(pictures);
  const wantsMoments = typeof channels !== 'string' && given.mean === undefined && pictures.length > 0;
  const isWanted = (type: SampleType): boolean => wantsMoments || isByPercentiles(given.range) || (given.range === 'auto' && type !== 'uint8');
  if (!(Object.keys(types) as SampleType[]).some(isWanted)) return { keys: { ...given, channels, range: given.range === 'auto' ? 'full' : given.range }, notes };
  const survey = await surveyPictures(pictures.map(({ path }) => join(root, path)), { channels, isRaw: isByPercentiles(given.range), isWanted, signal });
  const chosen = chooseRanges(given.range, survey);
  const range: DataRange = chosen === undefined ? given.range : chosen.size === 0 ? 'full' : { types: Object.fromEntries([...chosen].map(([type, { limits }]) => [type, limits])) };
  const keys: PixelKeys = { ...given, channels, range: range as PixelKeys['range'], ...(wantsMoments && momentsOf(survey, range, channels.length)) };
  const { mean, deviation } = keys;
  return {
    keys, notes: [...notes, ...noteRanges(chosen, types)],
    facts: { types, counted: survey.numRead, channels, range, ...(mean && { mean }), ...(deviation && { deviation }) },
  };
}

const isByPercentiles = (range: DataRange): range is { percentiles: [number, number] } => typeof range === 'object' && 'percentiles' in range;

/** The most frequent number, the smaller of equals. */
function countMost(numbers: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const each of numbers) counts.set(each, (counts.get(each) ?? 0) + 1);
  return [...counts].sort(([a, ofA], [b, ofB]) => ofB - ofA || a - b)[0]?.[0] ?? 3;
}

function countTypes(pictures: readonly Item[]): Partial<Record<SampleType, number>> {
  const types: Partial<Record<SampleType, number>> = {};
  for (const { sampleType = 'uint8' } of pictures) types[sampleType] = (types[sampleType] ?? 0) + 1;
  return types;
}

/** Throws PretextError BAD_RECIPE for a band that no picture has. */
function throwOnBands(channels: Channels, most: number): void {
  const missing = typeof channels === 'string' ? undefined : channels.find((band) => band > most);
  if (missing !== undefined) throw new PretextError('BAD_RECIPE', `data.channels: band ${missing} is asked for, and no picture has more than ${most}.`);
}

function noteBands(pictures: readonly Item[], channels: Channels): string[] {
  const many = pictures.filter(({ bands = 3 }) => bands > 3).length;
  if (many === 0 || typeof channels !== 'string') return [];
  return [`${many} of ${pictures.length} pictures have more than three bands: the first three are taken as red, green and blue; data.channels=all trains on every band`];
}

/** Ranges by type; undefined where the recipe has numbers already. */
function chooseRanges(range: DataRange, { histograms }: ValueSurvey): ReadonlyMap<SampleType, ChosenRange> | undefined {
  const isByRank = isByPercentiles(range);
  if (!isByRank && range !== 'auto') return undefined;
  const chosen = [...histograms].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, each]) => {
    if (isByRank) return [type, rangeByPercentiles(each, range.percentiles)] as const;
    return [type, type === 'uint8' ? undefined : rangeByValues(each, type)] as const;
  });
  return new Map(chosen.filter((entry): entry is [SampleType, ChosenRange] => entry[1] !== undefined));
}

function noteRanges(chosen: ReadonlyMap<SampleType, ChosenRange> | undefined, types: PixelFacts['types']): string[] {
  return [...(chosen ?? [])].map(([type, { limits, why }]) => {
    const values = limits.map(([black, white]) => `${format(black)} to ${format(white)}`).join(', ');
    return `values of ${types[type] ?? 0} ${type} pictures, ${values}, become black to white: ${why}; data.range says otherwise`;
  });
}

const format = (value: number): string => String(Number(value.toPrecision(6)));
const round = (share: number): number => Math.round(share * 1e4) / 1e4;

/** Mean and deviation of each channel, as shares of white. */
function momentsOf({ histograms, own }: ValueSurvey, range: DataRange, numChannels: number): { mean: number[]; deviation: number[] } {
  const of = (channel: number): { mean: number; deviation: number } => {
    const parts = [...histograms].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, each]) => ({ histogram: each[channel]!, limits: limitsOf(range, type, channel) }));
    const all: readonly { histogram: Histogram; limits: readonly [number, number] }[] = [...parts, { histogram: own[channel]!, limits: [0, 255] }];
    let [total, sum, squares] = [0, 0, 0];
    for (const { histogram, limits } of all) {
      const moments = histogram.moments(limits);
      [total, sum, squares] = [total + histogram.total, sum + moments.sum, squares + moments.squares];
    }
    const mean = total === 0 ? 0.5 : sum / total;
    const variance = total === 0 ? 0.0625 : Math.max(squares / total - mean * mean, 0);
    // A channel that is the same everywhere is not blown up.
    return { mean: round(mean), deviation: Math.max(round(Math.sqrt(variance)), 0.01) };
  };
  const each = Array.from({ length: numChannels }, (_, channel) => of(channel));
  return { mean: each.map(({ mean }) => mean), deviation: each.map(({ deviation }) => deviation) };
}
