// From a recipe to what a replica is made of, without the tensor library: the puzzle, the state's layout, the optimizer groups.
// Every name is looked up in a literal registry, every option validated by its owner.

import { sourceKinds } from '../shared/datasets/kinds.js';
import { dropUndefined } from '../shared/drop-undefined.js';
import { PretextError } from '../shared/errors/pretext-error.js';
import { checkMedia, completeRecipe } from '../shared/recipe/complete.js';
import { validateRecipe } from '../shared/recipe/parse.js';
import type { Recipe } from '../shared/recipe/schema.js';
import { nameTasks, tasksOf } from '../shared/recipe/tasks.js';
import { createLayout, type Layout } from '../shared/state/layout.js';
import type { ModelShape, StageShape } from './models/model.js';
import { modelShapes, type ModelName } from './models/shapes.js';
import { optimizerShapes, type OptimizerName } from './optimizers/options/index.js';
import { pixelsOf, type Pixels } from './pixels.js';
import { registries } from './registries.js';
import { bindTasks } from './tasks/bind-tasks.js';
import { puzzles, type TaskName } from './tasks/puzzles.js';
import type { DataSizes, Puzzle, TrunkShape } from './tasks/task.js';

/** How the arrays whose names begin alike are updated. */
export interface OptimizerGroup {
  /** Beginning of the names of its arrays; the first group that fits counts. */
  readonly match: string;
  readonly name: OptimizerName;
  readonly options: unknown;
  /** Times the scheduled learning rate. */
  readonly rateFactor: number;
  /** Its arrays stay as they are up to and including this step. */
  readonly frozenUntil: number;
  /** What becomes of normalisation by then. */
  readonly norms: 'frozen' | 'train';
}

export interface BoundRecipe {
  readonly recipe: Recipe;
  readonly sizes: DataSizes;
  readonly puzzle: Puzzle;
  /** Stages of the trunk, first to last. */
  readonly stages: readonly StageShape[];
  readonly layout: Layout;
  groupOf(array: string): OptimizerGroup;
}

/** Validates what came from a socket or a file as a complete recipe. Throws PretextError BAD_RECIPE. */
export function readRecipe(untrusted: unknown): Recipe {
  return completeRecipe(validateRecipe(untrusted), registries);
}

/**
 * Throws PretextError BAD_RECIPE where the parts do not go together. `numInstances` items are trained on; 0 where nobody knows how
 * many, which tasks refuse that keep something of each.
 */
export function bindRecipe(recipe: Recipe, numInstances = 0): BoundRecipe {
  const model = modelOf(recipe);
  throwOnMisfit(recipe, model);
  const { microbatches, microbatchSize } = recipe.batch;
  const { side, classes, labelled, classShares, chance } = recipe.data;
  const pixels = pixelsOf(recipe.data);
  const sizes: DataSizes = {
    side, pixels, microbatchSize, samplesPerStep: microbatches * microbatchSize, numInstances,
    stages: model.stages(recipe.model.options).map(({ name }) => name),
    ...dropUndefined({ classes, labelled, classShares, chance, patch: model.patch?.(recipe.model.options) }),
  };
  const puzzle = bindTasks(recipe, sizes);
  throwOnColour(recipe, puzzle, pixels);
  throwOnUnknownBest(recipe, puzzle);
  const groups = listGroups(recipe);
  const groupOf = (array: string): OptimizerGroup => groups.find(({ match }) => array.startsWith(match))!;
  const trunk = trunkOf(recipe, model, pixels);
  const layout = createLayout([...trunk.state, ...puzzle.state(trunk)], {
    samplesPerStep: sizes.samplesPerStep,
    slotsOf: (array) => optimizerShapes[groupOf(array).name].slots,
  });
  return { recipe, sizes, puzzle, stages: trunk.stages, layout, groupOf };
}

/** The layout of a recipe's state: what both ends of a connection compute for themselves. */
export const layoutOf = (recipe: Recipe, numInstances?: number): Layout => bindRecipe(recipe, numInstances).layout;

/** Names of what a microbatch of a recipe is measured by. */
export function namesOf(recipe: Recipe, numInstances?: number): { terms: readonly string[]; metrics: readonly string[] } {
  const { terms, metrics } = bindRecipe(recipe, numInstances).puzzle;
  return { terms, metrics: Object.keys(metrics) };
}

const modelOf = ({ model }: Recipe): ModelShape => modelShapes[model.name as ModelName];

function throwOnMisfit(recipe: Recipe, model: ModelShape): void {
  const { side, source } = recipe.data;
  const refusal = model.refuse?.(recipe.model.options, side);
  if (refusal !== undefined) throw new PretextError('BAD_RECIPE', `data.side: ${refusal}`);
  if (source === 'auto') return;
  for (const { name } of tasksOf(recipe)) checkMedia(recipe, sourceKinds[source], { name, media: puzzles[name as TaskName].media });
}

/** A task may need red, green and blue. */
function throwOnColour(recipe: Recipe, { needs }: Puzzle, { isColour }: Pixels): void {
  if (needs.colour === undefined || isColour) return;
  throw new PretextError('BAD_RECIPE', `data.channels: the task "${nameTasks(recipe)}" needs colours ${needs.colour}, given ${JSON.stringify(recipe.data.channels)}.`, {
    hint: 'Set data.channels=rgb, or choose a task that takes any bands, such as rotation or mae.',
  });
}

function throwOnUnknownBest({ evaluate: { best } }: Recipe, { metrics }: Puzzle): void {
  const known = ['knn', ...Object.keys(metrics)];
  if (best === undefined || known.includes(best)) return;
  throw new PretextError('BAD_RECIPE', `evaluate.best: expected one of ${known.join(', ')}, given "${best}".`);
}

function trunkOf(recipe: Recipe, model: ModelShape, pixels: Pixels): TrunkShape {
  const stages = model.stages(recipe.model.options);
  const { channels, stride } = stages.at(-1)!;
  return { channels, side: Math.ceil(recipe.data.side / stride), stages, state: model.state(recipe.model.options, pixels.channels) };
}

/** The groups of the recipe, and a last one that fits every array. */
function listGroups({ optimizer: { name, options, groups } }: Recipe): OptimizerGroup[] {
  const complete = groups.map((group) => ({ ...group, name: group.name ?? name, options: group.options ?? options, norms: group.norms ?? 'frozen' }));
  return [...complete, { match: '', name, options, rateFactor: 1, frozenUntil: 0, norms: 'frozen' as const }].map((group) => ({ ...group, name: group.name as OptimizerName }));
}
