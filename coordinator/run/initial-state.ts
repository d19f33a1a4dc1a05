// What a stage begins from where that is not the seed: the trunk of a file or of the stage before, over first values of its own.

import { resolve } from 'node:path';
import { drawRest } from '../../shared/checkpoint/draw-rest.js';
import { hashFile } from '../../shared/checkpoint/hash-file.js';
import { readArrays } from '../../shared/checkpoint/read-arrays.js';
import { HEAD, TRUNK, transferTrunk, type TransferReport } from '../../shared/checkpoint/transfer.js';
import { PretextError, messageOf } from '../../shared/errors/pretext-error.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { nameTasks } from '../../shared/recipe/tasks.js';
import { copyTeachers, initState } from '../../shared/state/init.js';
import type { Layout, LayoutEntry } from '../../shared/state/layout.js';

/** True when a stage begins from values that no worker can make from the seed. */
export function hasInit({ init }: Recipe): boolean {
  return init !== undefined && init.from !== 'seed';
}

/** The recipe with the file that it begins from named by its place and its bytes. Throws NOT_FOUND, and BAD_RECIPE when it is another. */
export async function nameInitFile(recipe: Recipe): Promise<Recipe> {
  const { init } = recipe;
  if (init === undefined || init.from === 'seed' || init.from === 'stage') return recipe;
  const from = resolve(init.from);
  const sha256 = await hashFile(from).catch((cause: unknown) => {
    throw new PretextError('NOT_FOUND', `The checkpoint "${from}" cannot be read: ${messageOf(cause)}.`, { hint: 'Give init.from the path of a .safetensors file; those of a run are in its folder checkpoints.', cause });
  });
  if (init.sha256 !== undefined && init.sha256 !== sha256) {
    throw new PretextError('BAD_RECIPE', `init.sha256: expected the hash of "${from}", ${sha256}, given ${init.sha256}.`);
  }
  return { ...recipe, init: { ...init, from, sha256 } };
}

/** False for what a recipe gives by itself, such as the positions of patches: it is made anew. */
function isLearnt(entry: LayoutEntry): boolean {
  return entry.kind === 'constant' ? entry.inherited === true : entry.kind !== 'counter';
}

/** A task that goes on with what a stage before it made cannot begin without. */
function throwOnOrphans(recipe: Recipe, { entries }: Layout): void {
  const orphan = entries.find((entry) => entry.kind === 'constant' && entry.inherited);
  if (orphan === undefined) return;
  throw new PretextError('BAD_RECIPE', `init.from: "${nameTasks(recipe)}" goes on with "${orphan.name}" of a stage before it, expected "stage" or a checkpoint, given "seed".`, {
    hint: 'Add a stage before this one; scripts/recipes has one of both for each such task.',
  });
}

export interface InitialState {
  /** Flat: all values, then the optimizer's slots. */
  readonly state: Float32Array;
  readonly report: TransferReport;
}

/** The state that a stage begins from, and what of it came from the checkpoint at `path`. Throws what transferTrunk throws. */
export async function makeInitialState(recipe: Recipe, layout: Layout, path: string): Promise<InitialState> {
  const target = layout.entries.filter(isLearnt);
  const inherited = new Set(target.flatMap((entry) => (entry.kind === 'constant' ? entry.name : [])));
  const { blocks, rest, heads } = recipe.init ?? {};
  const isWanted = (name: string): boolean => name.startsWith(TRUNK) || inherited.has(name) || (heads === true && name.startsWith(HEAD));
  const trunk = { options: recipe.model.options, arrays: target.filter(({ name }) => name.startsWith(TRUNK)) };
  const { tensors, others, convention } = await readArrays(path, isWanted, trunk);
  const state = initState(layout, recipe.seed);
  const report = transferTrunk(state, target, tensors, { blocks, heads, from: path });
  const left = new Set(report.left);
  const drawn = rest === 'moments' ? drawRest(state, layout.entries.filter(({ name, kind }) => kind === 'trained' && name.startsWith(TRUNK) && left.has(name)), tensors, recipe.seed) : [];
  copyTeachers(layout, state);
  return {
    state,
    report: { ...report, ...(rest === 'moments' && { drawn, left: report.left.filter((name) => !drawn.includes(name)) }), unused: [...report.unused, ...others], ...(convention && { convention }) },
  };
}

/** Throws what makeInitialState will throw once the stage begins: a trunk that does not fit is found out before the first step. */
export async function checkInit(recipe: Recipe, layout: Layout, before: Layout | undefined): Promise<void> {
  if (!hasInit(recipe)) return throwOnOrphans(recipe, layout);
  if (recipe.init!.from !== 'stage') return void (await makeInitialState(recipe, layout, recipe.init!.from));
  const { entries, valuesLength } = before!;
  const values = new Float32Array(valuesLength);
  const stored = entries.map(({ name, shape, offset, length }) => ({ name, shape, values: values.subarray(offset, offset + length) }));
  transferTrunk(new Float32Array(layout.valuesLength), layout.entries.filter(isLearnt), stored, { ...recipe.init!, from: 'the stage before' });
}
