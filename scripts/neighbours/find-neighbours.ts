// Items of a checkpoint's data with their nearest ones by its features, and near-duplicates across splits.

import type { Item } from '../../shared/datasets/dataset.js';
import { toUnit } from '../../worker/evaluate/embedding.js';
import { spread } from '../data/spread.js';
import type { Encoded } from '../measure/encode-items.js';
import { findAlike, findNearest } from './nearest.js';

export interface Near {
  readonly item: Item;
  readonly distance: number;
}

export interface Query {
  readonly item: Item;
  /** The nearest first. */
  readonly nearest: readonly Near[];
}

/** An item to test on with the item to train on that is most like it. */
export interface NearDuplicate {
  readonly test: string;
  readonly train: string;
  readonly likeness: number;
  /** Whether both files hold the same bytes. */
  readonly isSame: boolean;
}

export interface NeighbourOptions {
  readonly numQueries: number;
  readonly numNearest: number;
  /** Least likeness of near-duplicates. */
  readonly likeness: number;
  readonly signal: AbortSignal;
}

export interface Neighbours {
  readonly queries: readonly Query[];
  readonly duplicates: readonly NearDuplicate[];
  readonly numTest: number;
}

/**
 * Queries are evenly spaced over the test split and their neighbours are of the train split; where one of the splits is empty both are of
 * all items.
 */
export async function findNeighbours({ rows }: Pick<Encoded, 'rows'>, { numQueries, numNearest, likeness, signal }: NeighbourOptions): Promise<Neighbours> {
  const units = rows.map(({ numbers }) => toUnit(numbers));
  const ofSplit = (split: Item['split']): number[] => rows.flatMap(({ item }, row) => (item.split === split ? [row] : []));
  const [test, train] = [ofSplit('test'), ofSplit('train')];
  const all = [...rows.keys()];
  const [asked, among] = test.length > 0 && train.length > 0 ? [test, train] : [all, all];
  const alike = await findAlike(units, { firsts: test, seconds: train, least: likeness, signal });
  const itemOf = (row: number): Item => rows[row]!.item;
  return {
    queries: spread(asked, numQueries).map((row) => ({
      item: itemOf(row), nearest: findNearest(units, row, among, numNearest).map(({ index, distance }) => ({ item: itemOf(index), distance })),
    })),
    duplicates: alike.map(({ first, second, likeness }) => {
      const [tested, trained] = [itemOf(first), itemOf(second)];
      return { test: tested.path, train: trained.path, likeness, isSame: tested.content !== undefined && tested.content === trained.content };
    }),
    numTest: test.length,
  };
}
