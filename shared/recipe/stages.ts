// A recipe of several stages as a recipe for each: the top level with the stage's own keys laid over it.

import { nodeAt, toSchemaNode, type SchemaNode } from './allowed.js';
import type { Override } from './overrides.js';
import { isMap, type PlainMap } from './plain.js';
import { recipeSchema, type Recipe } from './schema.js';

/** What a run does, stage after stage. */
export interface RunRecipe {
  readonly name?: string;
  readonly stages: readonly Recipe[];
}

/** The run with every stage changed. */
export function mapStages(run: RunRecipe, change: (stage: Recipe, index: number) => Recipe): RunRecipe {
  return { ...run, stages: run.stages.map(change) };
}

/** Plain values of every stage, not yet validated. A recipe without `stages` is one. */
export function expandStages(plain: PlainMap): PlainMap[] {
  const { stages, ...shared } = plain;
  if (!Array.isArray(stages)) return [plain];
  const root = toSchemaNode(recipeSchema);
  return stages.map((stage: unknown, index) => {
    // What the top level says of the beginning is for the first stage.
    const base = index === 0 ? shared : { ...shared, init: { from: 'stage' } };
    return mergeMaps(base, isMap(stage) ? stage : {}, root);
  });
}

/** Lays `over` over `base`, map by map. What another name chooses takes none of the options of the one before. */
function mergeMaps(base: PlainMap, over: PlainMap, node: SchemaNode | undefined): PlainMap {
  const kept = choosesAnother(base, over, node) ? Object.fromEntries(Object.entries(base).filter(([key]) => key !== 'options')) : base;
  const merged = Object.entries(over).map(([key, value]): [string, unknown] => {
    const below = Object.hasOwn(kept, key) ? kept[key] : undefined;
    return [key, isMap(below) && isMap(value) ? mergeMaps(below, value, node && nodeAt(node, [key])) : value];
  });
  return Object.fromEntries([...Object.entries(kept), ...merged]);
}

function choosesAnother(base: PlainMap, over: PlainMap, node: SchemaNode | undefined): boolean {
  const { name, options } = node?.properties ?? {};
  if (!name || !options || over['name'] === undefined) return false;
  return over['name'] !== (base['name'] ?? name.default);
}

/** The stage that an override is for, from 1; undefined when it is for all of them. */
export function stageOfOverride({ path }: Override): number | undefined {
  if (path[0] === 'stages') return Number(path[1]);
  // Later stages begin from the one before.
  return path[0] === 'init' ? 1 : undefined;
}

/** The overrides that reach a stage, their paths as the stage has them. */
export function overridesOfStage(overrides: readonly Override[], stage: number): Override[] {
  return overrides
    .filter((override) => [undefined, stage].includes(stageOfOverride(override)))
    .map((override) => (override.path[0] === 'stages' ? { ...override, path: override.path.slice(2) } : override));
}
