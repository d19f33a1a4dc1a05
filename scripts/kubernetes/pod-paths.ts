// Which paths of a recipe a pod can have: those of its volumes. Every other is one of the machine that the recipe was written on.

import { posix } from 'node:path';
import type { Recipe } from '../../shared/recipe/schema.js';

/** Where pods find the data. */
export const ROOT = '/data';
const VOLUMES = [ROOT, '/runs'];

/** What `init.from` may be that is no path. */
const BEGINNINGS = ['seed', 'stage'];

interface ForeignPath {
  /** Of the stages, from 0. */
  readonly stage: number;
  readonly key: string;
  readonly path: string;
}

const isOnVolume = (path: string): boolean => VOLUMES.some((volume) => `${posix.normalize(path)}/`.startsWith(`${volume}/`));

/** The first that a pod would look for in vain. A relative path is one: a pod starts in the program's folder. */
export function findForeignPath(stages: readonly Pick<Recipe, 'data' | 'init'>[]): ForeignPath | undefined {
  return stages.flatMap(({ data, init }, stage) => {
    const from = init === undefined || BEGINNINGS.includes(init.from) ? undefined : init.from;
    const paths = Object.entries({ 'data.root': data.root, 'data.list': data.list, 'init.from': from });
    return paths.flatMap(([key, path]) => (path === undefined || isOnVolume(path) ? [] : [{ stage, key, path }]));
  })[0];
}
