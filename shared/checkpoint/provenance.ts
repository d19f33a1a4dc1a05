// What a checkpoint says of itself, in the metadata of its file: which run, stage, step, recipe and data made it. So a file alone can be
// gone on with, exported or asked. It names no folder of the machine that it was made on.

import { basename } from 'node:path';
import { PretextError } from '../errors/pretext-error.js';
import { isMap } from '../recipe/plain.js';
import type { Recipe } from '../recipe/schema.js';

export type Metadata = Readonly<Record<string, string>>;

export interface Provenance {
  readonly run: string;
  /** Counted from 1. */
  readonly stage: number;
  readonly step: number;
  /** SHA-256 of the stage's recipe, and of its manifest of the data. */
  readonly recipeHash: string;
  readonly dataHash: string;
  /** The stage's recipe, without the places of its data; `init` has the hash of the file that it began from. */
  readonly recipe: PortableRecipe;
}

export interface PortableRecipe extends Omit<Recipe, 'data'> {
  readonly data: Omit<Recipe['data'], 'root' | 'list' | 'links'>;
}

const PLACES = new Set(['root', 'list', 'links']);

function toPortable({ data, init, ...rest }: Recipe): PortableRecipe {
  const kept = Object.fromEntries(Object.entries(data).filter(([key]) => !PLACES.has(key))) as PortableRecipe['data'];
  return { ...rest, data: kept, ...(init && { init: { ...init, from: basename(init.from) } }) };
}

/** Metadata of a checkpoint, but for its step; `pixels` is there for other programs. */
export function provenanceMetadata(recipe: Recipe, { run, stage, recipeHash, dataHash }: Omit<Provenance, 'recipe' | 'step'>) {
  const { channels, range, mean, deviation } = recipe.data;
  return {
    recipe: recipeHash, run, stage: String(stage), data: dataHash, format: 'pretext-1',
    pixels: JSON.stringify({ channels, range, mean, deviation }), stageRecipe: JSON.stringify(toPortable(recipe)),
  };
}

/** Throws PretextError BAD_STATE where the file does not say what it is; `path` names it. */
export function readProvenance({ stageRecipe, run = '', stage, step, recipe: recipeHash = '', data: dataHash = '' }: Metadata, path: string): Provenance {
  if (stageRecipe === undefined) {
    throw new PretextError('BAD_STATE', `"${path}" does not say which model it is of.`, {
      hint: 'Give the folder of the run that made it, or a checkpoint that Pretext wrote.',
    });
  }
  return { run, stage: Number(stage), step: Number(step ?? 0), recipeHash, dataHash, recipe: parseRecipe(stageRecipe, path) };
}

function parseRecipe(json: string, path: string): PortableRecipe {
  try {
    const recipe: unknown = JSON.parse(json);
    if (isMap(recipe) && isMap(recipe['data'])) return recipe as unknown as PortableRecipe;
  } catch (cause) {
    throw new PretextError('BAD_STATE', `"${path}" has metadata that cannot be read: "stageRecipe" is not JSON.`, { cause });
  }
  throw new PretextError('BAD_STATE', `"${path}" has metadata that cannot be read: "stageRecipe" is not the recipe of a stage.`);
}
