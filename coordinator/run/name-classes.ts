// What tasks that learn from labels need to know of the data: its classes, which items' labels are shown, and what share of the samples that is.

import type { Item } from '../../shared/datasets/dataset.js';
import { classesOf, showLabels } from '../../shared/datasets/shown-labels.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Hidden } from '../../shared/learning.js';
import type { TaskRegistry } from '../../shared/recipe/complete.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { tasksOf } from '../../shared/recipe/tasks.js';

export interface TrainedOn {
  readonly items: readonly Item[];
  /** Class number by the index of each item whose label is shown. */
  readonly labels?: ReadonlyMap<number, number>;
  readonly labelRepeats?: number;
}

/** Items without a shown label teach nothing where labels are all that is learnt from. */
const learnsFromLabelsAlone = ({ tasks, consistency }: Recipe): boolean => !tasks && !consistency;

/** The training items that a recipe learns from. Without classes it learns from no labels. */
export function chooseTrained(recipe: Recipe, items: readonly Item[]): TrainedOn {
  const { classes, labelShare = 1, labelRepeats = 1 } = recipe.data;
  const trained = items.filter(({ split }) => split === 'train');
  if (!classes) return { items: trained };
  const labels = showLabels(trained, { classes, share: labelShare, seed: recipe.seed });
  return learnsFromLabelsAlone(recipe) ? { items: trained.filter(({ index }) => labels.has(index)), labels } : { items: trained, labels, labelRepeats };
}

/** What a recipe leaves out of training items, by the item's index; the others are learnt from whole. */
export function findHidden(recipe: Recipe, items: readonly Item[]): ReadonlyMap<number, Hidden> {
  const { items: learntFrom, labels } = chooseTrained(recipe, items);
  if (!labels) return new Map();
  const learnt = new Set(learntFrom.map(({ index }) => index));
  const unlabelled = items.filter(({ split, index }) => split === 'train' && !labels.has(index));
  return new Map(unlabelled.map(({ index }) => [index, learnt.has(index) ? 'label' : 'item']));
}

/** The share of the labels that each class has. */
function shareOut(labels: readonly number[], numClasses: number): number[] {
  const counts = new Array<number>(numClasses).fill(0);
  for (const label of labels) counts[label]! += 1;
  return counts.map((count) => count / labels.length);
}

/** The recipe with its classes where a task learns from labels, without any where none does. Throws PretextError BAD_RECIPE where the data have too few. */
export function nameClasses(recipe: Recipe, items: readonly Item[], tasks: TaskRegistry): Recipe {
  const named = tasksOf(recipe).find(({ name }) => tasks[name]?.needsLabels);
  // A recipe that was another task's may have some: they would decide what is trained on.
  if (!named) return recipe.data.classes ? { ...recipe, data: { ...recipe.data, classes: undefined, labelled: undefined, classShares: undefined, chance: undefined } } : recipe;
  const trained = items.filter(({ split }) => split === 'train');
  const found = classesOf(trained);
  const classes = recipe.data.classes ?? found;
  if (found.length < 2) {
    throw new PretextError('BAD_RECIPE', `task.name: "${named.name}" learns from labels, expected two classes or more among the training items of "${recipe.data.root}", found ${found.length === 1 ? `one, "${found[0]!}"` : 'none'}; ${trained.filter(({ label }) => label === undefined).length} of ${trained.length} have no label.`, {
      hint: 'Put the files of each class into a folder of its own, or name the label of each in labels.csv.',
    });
  }
  const missing = classes.filter((name) => !found.includes(name));
  if (missing.length > 0) {
    throw new PretextError('BAD_RECIPE', `data.classes: no training item is of ${missing.slice(0, 8).join(', ')}.`, {
      hint: `The training items are of ${found.slice(0, 8).join(', ')}${found.length > 8 ? ', ...' : ''}. Leave data.classes out to learn all of them.`,
    });
  }
  const complete = { ...recipe, data: { ...recipe.data, classes } };
  const { items: learntFrom, labels, labelRepeats = 1 } = chooseTrained(complete, items);
  const numLabelled = labels!.size * labelRepeats;
  const classShares = shareOut([...labels!.values()], classes.length);
  return {
    ...complete,
    data: { ...complete.data, labelled: numLabelled / (learntFrom.length - labels!.size + numLabelled), classShares, chance: { accuracy: Math.max(...classShares) } },
  };
}
