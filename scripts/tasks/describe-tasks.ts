// Every pretext task in facts: where it comes from, what it needs, what is measured, its options and guards. Read off the registry alone.

import { describeAllowed, toSchemaNode } from '../../shared/recipe/allowed.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { LabelKind } from '../../shared/datasets/dataset.js';
import type { MetricInfo } from '../../shared/learning.js';
import type { ModelName } from '../../worker/models/shapes.js';
import { PHOTOGRAPHS } from '../../worker/pixels.js';
import { puzzles, type TaskName } from '../../worker/tasks/puzzles.js';
import type { DataSizes, MediaKind, TaskInfo } from '../../worker/tasks/task.js';
import { listRows, type OptionRow } from '../tools/option-rows.js';

export interface OptionFacts {
  /** Below `task.options`. */
  readonly key: string;
  readonly default?: unknown;
  /** What it may be, in words. */
  readonly allowed: string;
  readonly meaning: string;
}

export interface TaskFacts {
  readonly name: string;
  readonly paper: string;
  readonly media: MediaKind;
  /** A recipe that names no task gets it for data of its media. */
  readonly isDefault: boolean;
  /** The sentences say what data and model must have. */
  readonly needs: readonly string[];
  /** The same for programs. */
  readonly needsSound: boolean;
  readonly needsLabels?: LabelKind;
  /** A model that can leave out patches. */
  readonly needsPatches: boolean;
  /** The task of the stage before its own. */
  readonly needsStage?: string;
  /** Of the default options. */
  readonly metrics: Readonly<Record<string, MetricInfo>>;
  readonly options: readonly OptionFacts[];
  readonly guards: readonly OptionFacts[];
  /** What runs it, with DIR in the place of the data. */
  readonly command: string;
}

/** What options are bound with where no data say it: a small picture, a patch that fits, many items, ten classes. */
const USUAL: DataSizes = {
  side: 64, pixels: PHOTOGRAPHS, microbatchSize: 32, samplesPerStep: 256, numInstances: 1000, patch: 8, classes: Array.from({ length: 10 }, (_, number) => String(number)),
};

/** A model of usual size that can leave out patches. */
export const PATCHES_MODEL = 'vit' satisfies ModelName;

const GUARDS = 'guards.';

/** All of them, by name. */
export function describeTasks(): TaskFacts[] {
  return Object.entries<TaskInfo>(puzzles).map(([name, info]) => describeTask(name, info)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function describeTask(name: string, info: TaskInfo): TaskFacts {
  const puzzle = info.bind(info.options.parse({}), USUAL);
  const rows = listRows(toSchemaNode(info.options), '');
  const isGuard = ({ key }: OptionRow): boolean => key.startsWith(GUARDS);
  return {
    name, paper: info.paper, media: info.media, isDefault: info.isDefault === true,
    needs: listNeeds(info, puzzle.needs),
    needsSound: puzzle.needs.soundHz !== undefined, needsPatches: info.needsPatches === true,
    ...dropUndefined({ needsLabels: info.needsLabels, needsStage: info.needsStage }),
    metrics: puzzle.metrics,
    options: rows.filter((row) => !isGuard(row)).map(toFacts),
    guards: rows.filter(isGuard).map(toFacts),
    command: chooseCommand(name, info),
  };
}

/** Recipes with the stage that a task needs before its own. */
const RECIPES: Readonly<Record<string, string>> = { 'artifact-spotting': 'scripts/recipes/artifacts.yaml' } satisfies Partial<Record<TaskName, string>>;

function chooseCommand(name: string, { needsStage, needsPatches }: TaskInfo): string {
  return needsStage === undefined ? `pretext run --data DIR --task ${name}${needsPatches === true ? ` --set model.name=${PATCHES_MODEL}` : ''}` : `pretext run ${RECIPES[name]!} --data DIR`;
}

export const NEEDED_LABELS: Readonly<Record<LabelKind, string>> = {
  class: 'labels of at least two classes', classes: 'labels of at least two classes, of which an item may have several',
  mask: 'masks of at least two classes',
};

function listNeeds({ media, needsPatches, needsLabels, needsStage }: TaskInfo, { soundHz, colour }: ReturnType<TaskInfo['bind']>['needs']): string[] {
  return [
    media === 'video' ? 'videos' : 'images, or single frames of videos',
    ...(needsLabels ? [NEEDED_LABELS[needsLabels]] : []),
    ...(soundHz === undefined ? [] : [`sound of at least ${soundHz} samples a second`]),
    ...(colour === undefined ? [] : [`colours ${colour}`]),
    ...(needsPatches === true ? [`a model that can leave out patches, such as \`${PATCHES_MODEL}\``] : []),
    ...(needsStage === undefined ? [] : [`a stage of \`${needsStage}\` before its own`]),
  ];
}

function toFacts({ key, node }: OptionRow): OptionFacts {
  const unit = node.unit === undefined ? '' : ` (${node.unit})`;
  return { key, allowed: describeAllowed(node) + unit, meaning: node.description ?? '', ...dropUndefined({ default: node.default }) };
}
