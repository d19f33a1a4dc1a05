// What was seen of masks, in a line or two; nothing where there are none. Pure.

import type { Item, Survey } from '../dataset.js';
import { nameSome } from '../name-some.js';
import { findPixels, nameNumbers } from './mask-classes.js';

export function describeMasks({ items, maskClasses }: Pick<Survey, 'items' | 'maskClasses'>): string[] {
  const without = items.filter(({ mask }) => mask === undefined);
  if (without.length === items.length) return [];
  const names = nameNumbers(items, maskClasses);
  const trained = findPixels(items.filter(({ split }) => split === 'train'));
  const absent = names.filter((_name, number) => !trained.has(number));
  return [
    `masks: ${items.length - without.length} of ${items.length} pictures have one, of ${names.length} classes: ${nameSome(names)}${without.length === 0 ? '' : `; without: ${nameSome(without.map(({ path }: Item) => path), 3)}`}`,
    ...(absent.length > 0 ? [`classes of no pixel of a training mask: ${nameSome(absent)}`] : []),
  ];
}
