// What tasks that learn from labels need to know of the data: its classes, which items' labels are shown, and what share of the samples that is.

import type { Answer, Item, LabelKind, Survey } from '../../shared/datasets/dataset.js';
import { labelKinds, type LabelKindRules } from '../../shared/datasets/label-kinds.js';
import { nameSome } from '../../shared/datasets/name-some.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Hidden } from '../../shared/learning.js';
import type { TaskRegistry } from '../../shared/recipe/complete.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { tasksOf } from '../../shared/recipe/tasks.js';

export interface TrainedOn {
  readonly items: readonly Item[];
  /** What is shown of items, by the index of each whose label is. */
  readonly labels?: ReadonlyMap<number, Answer>;
  readonly labelRepeats?: number;
}

const MAX_NAMED = 8;

/** Items without a shown label teach nothing where labels are all that is learnt from. */
const learnsFromLabelsAlone = ({ tasks, consistency }: Recipe): boolean => !tasks && !consistency;

/** The training items that a recipe learns from. Without classes it learns from no labels. */
export function chooseTrained(recipe: Recipe, items: readonly Item[]): TrainedOn {
  const { classes, labelShare = 1, labelRepeats = 1, labelKind = 'class' } = recipe.data;
  const trained = items.filter(({ split }) => split === 'train');
  if (!classes) return { items: trained };
  const labels = labelKinds[labelKind].show(trained, { classes, share: labelShare, seed: recipe.seed });
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

const WITHOUT = { classes: undefined, labelled: undefined, labelKind: undefined, classShares: undefined, chance: undefined };

/** What the tasks of a recipe learn from labels, and which of them is the first to. Throws PretextError BAD_RECIPE where they need several kinds. */
function findKind(recipe: Recipe, tasks: TaskRegistry): { readonly task: string; readonly kind: LabelKind } | undefined {
  const [first, ...others] = tasksOf(recipe).flatMap(({ name }) => {
    const kind = tasks[name]?.needsLabels;
    return kind === undefined ? [] : [{ task: name, kind }];
  });
  const other = others.find(({ kind }) => kind !== first!.kind);
  if (other) throw new PretextError('BAD_RECIPE', `tasks: ${first!.task} and ${other.task} learn from labels of two kinds, expected one.`);
  return first;
}

/** The recipe with its classes where a task learns from labels, without any where none does. Throws PretextError BAD_RECIPE where the data have too few. */
export function nameClasses(recipe: Recipe, { items, maskClasses }: Pick<Survey, 'items' | 'maskClasses'>, tasks: TaskRegistry): Recipe {
  const named = findKind(recipe, tasks);
  // A recipe that was another task's may have some: they would decide what is trained on.
  if (!named) return recipe.data.classes ? { ...recipe, data: { ...recipe.data, ...WITHOUT } } : recipe;
  const rules: LabelKindRules = labelKinds[named.kind];
  const trained = items.filter(({ split }) => split === 'train');
  const { classes, found } = rules.findClasses(items, recipe.data.classes ?? (named.kind === 'mask' ? maskClasses : undefined));
  if (found.length < 2) {
    const numWithout = trained.filter((item) => !rules.isLabelled(item)).length;
    throw new PretextError('BAD_RECIPE', `task.name: "${named.task}" learns from labels, expected two classes or more among the training items of "${recipe.data.root}", found ${found.length === 1 ? `one, "${found[0]!}"` : 'none'}; ${numWithout} of ${trained.length} have no label.`, {
      hint: rules.remedy,
    });
  }
  const missing = classes.filter((name) => !found.includes(name));
  if (missing.length > 0 && rules.mayBeAbsent !== true) {
    throw new PretextError('BAD_RECIPE', `data.classes: no training item is of ${nameSome(missing, MAX_NAMED)}.`, {
      hint: `The training items are of ${nameSome(found, MAX_NAMED)}. Leave data.classes out to learn all of them.`,
    });
  }
  const complete: Recipe = { ...recipe, data: { ...recipe.data, classes: [...classes], labelKind: named.kind === 'class' ? undefined : named.kind } };
  const { items: learntFrom, labels, labelRepeats = 1 } = chooseTrained(complete, items);
  const numLabelled = labels!.size * labelRepeats;
  const { classShares, chance } = rules.guess(learntFrom.filter(({ index }) => labels!.has(index)).map((item) => ({ item, answer: labels!.get(item.index)! })), classes.length);
  return { ...complete, data: { ...complete.data, labelled: numLabelled / (learntFrom.length - labels!.size + numLabelled), classShares: [...classShares], chance } };
}
