// What to try on a folder: its traits from what was listed and measured, the tasks that fit, and a recipe to begin with. Pure.

import { stringify } from 'yaml';
import type { Item, LabelKind } from '../../shared/datasets/dataset.js';
import type { SourceName } from '../../shared/datasets/kinds.js';
import { labelKinds, type LabelKindRules } from '../../shared/datasets/label-kinds.js';
import { listClasses } from '../../shared/datasets/label-lists.js';
import { applyOverrides, type Override } from '../../shared/recipe/overrides.js';
import { PATCHES_MODEL, type TaskFacts } from '../tasks/describe-tasks.js';
import { FEW_ITEMS, fitSizes, isKeyOfSide, shortSideOf } from './fit-recipe.js';
import type { Contents } from './measure-items.js';
import { median } from './median.js';
import { chooseTask, fitTasks, type DataTraits, type Fit } from './task-fit.js';
import { countNear, isConstant, isGrey, measureUp } from './thumbnails.js';

export interface Suggestion {
  readonly root: string;
  readonly traits: DataTraits;
  /** Every task, those that fit first. */
  readonly fits: readonly Fit[];
  /** The task to begin with, what to know of it and why the sizes are what they are, and the text of a recipe; missing where no task fits. */
  readonly task?: string;
  readonly reasons?: readonly string[];
  readonly recipe?: string;
}

/** So many different pictures show an up direction where there is one. */
const LEAST_PICTURES = 300;
/** Below this, in grey levels a frame, hardly anything moves. */
const STILL_BELOW = 1;

export function describeTraits(source: SourceName, items: readonly Item[], { thumbnails, motion }: Contents): DataTraits {
  const share = (count: number, of: number): number => (of === 0 ? 0 : count / of);
  const ofThumbnails = (count: number): number => share(count, thumbnails.length);
  const numNear = countNear(thumbnails);
  const trained = items.filter(({ split }) => split === 'train');
  const labels = trained.flatMap(({ label }) => label ?? []);
  const countClasses = (kind: LabelKind): number => (labelKinds[kind] as LabelKindRules).findClasses(items).found.length;
  const canTellUp = thumbnails.length - numNear >= LEAST_PICTURES;
  return {
    source, kind: items[0]?.kind ?? 'image',
    numTrain: trained.length,
    shares: {
      grey: ofThumbnails(thumbnails.filter(isGrey).length),
      constant: ofThumbnails(thumbnails.filter(isConstant).length),
      near: ofThumbnails(numNear),
      still: share(motion.filter((each) => each < STILL_BELOW).length, motion.length),
      sounding: share(items.filter(({ hasSound }) => hasSound === true).length, items.length),
      listed: share(labels.filter((label) => listClasses(label).length !== 1).length, labels.length),
    },
    up: canTellUp ? measureUp(thumbnails) : undefined,
    numClasses: { class: countClasses('class'), classes: countClasses('classes'), mask: countClasses('mask') },
    shortSide: shortSideOf(items),
    durationS: median(items.flatMap(({ durationS }) => durationS ?? [])),
  };
}

/** Nothing, or that there are few items. */
const sayFew = ({ kind, numTrain }: DataTraits): string[] => (numTrain >= FEW_ITEMS ? [] : [
  `${numTrain} ${kind}s are few to pretrain on: a trunk soon knows them by heart, and what it learns of them holds for no others. ${FEW_ITEMS} are wanted at least, and thousands are better. With fewer, begin from a trunk that learnt from others (--init).`,
]);

/** `given` is laid over the recipe: keys that the folder was read by. */
export function suggest(root: string, traits: DataTraits, tasks: readonly TaskFacts[], given: readonly Override[] = []): Suggestion {
  const fits = fitTasks(tasks, traits);
  const task = chooseTask(tasks, fits, traits);
  if (task === undefined) return { root, traits, fits };
  const { reasons, steps, data, optimizer, batch: { microbatches, microbatchSize } } = fitSizes(traits, { tasks: [task] });
  return {
    root, traits, fits, task, reasons: [...sayFew(traits), ...reasons],
    recipe: stringify(applyOverrides({
      steps,
      data: { root, ...(!given.some(({ path }) => isKeyOfSide(path)) && data) },
      task: { name: task },
      ...(tasks.find(({ name }) => name === task)!.needsPatches && { model: { name: PATCHES_MODEL } }),
      optimizer,
      batch: { microbatches, microbatchSize },
      evaluate: { everySteps: steps / 10 },
    }, given)),
  };
}
