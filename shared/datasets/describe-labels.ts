// What tasks that learn from labels have to know of them: classes of hardly any item, classes that are held out alone, items without a label. Pure.

import type { Item } from './dataset.js';
import { isList, listClasses } from './label-lists.js';
import { countBy, nameSome } from './name-some.js';

/** A class of fewer training items says little of what its items share. */
const LEAST_ITEMS = 2;

type Counts = ReturnType<typeof countBy>;

const classesIn = ({ label }: Item): string[] => (label === undefined ? [] : listClasses(label));

/** A line for each; none where nothing has a label, and where all is well. */
export function describeLabels(items: readonly Item[]): string[] {
  const trained = items.filter(({ split }) => split === 'train');
  const [classes, classesOfAll] = [trained, items].map((each) => countBy(each.flatMap(classesIn), (name) => name)) as [Counts, Counts];
  const known = new Set(classes.map(([name]) => name));
  if (known.size === 0) return [];
  const few = classes.filter(([, count]) => count < LEAST_ITEMS).map(([name]) => name);
  const heldAlone = classesOfAll.filter(([name]) => !known.has(name)).map(([name, count]) => `${name} ${count}`);
  const [unlabelled, unlabelledHeld] = ['train', 'test'].map((split) => items.filter((item) => item.split === split && item.label === undefined).length);
  const list = items.find(({ label }) => label !== undefined && isList(label))?.label;
  return [
    ...(list === undefined ? [] : [`labels list classes (such as "${list}"), ${known.size} in all: multi-label learns each, others take a list for a class of its own`]),
    ...(few.length > 0 ? [`classes of one training item alone: ${nameSome(few)}`] : []),
    ...(heldAlone.length > 0 ? [`classes of no training item, which no task can learn and none is measured by: ${nameSome(heldAlone)}`] : []),
    ...(unlabelled! + unlabelledHeld! > 0 ? [`without a label: ${unlabelled!} of ${trained.length} items to train on, ${unlabelledHeld!} of ${items.length - trained.length} held out`] : []),
  ];
}
