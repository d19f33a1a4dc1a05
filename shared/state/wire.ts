// A layout as it travels and as checkpoints need it: names, shapes, kinds and slots, without the rules of the first values.

import type { WireLayout } from '../protocol/messages.js';
import type { Layout } from './layout.js';
import { sizeOf } from './spec.js';

export function toWireLayout({ entries, gradientLength }: Layout): WireLayout {
  return { entries: entries.map(({ name, shape, kind, slots }) => ({ name, shape: [...shape], kind, slots: [...slots] })), gradientLength };
}

/** Elements of all values: what digests are taken of. */
export function valuesLengthOf({ entries }: WireLayout): number {
  return entries.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** Elements of a whole flat state. */
export function stateLengthOf({ entries }: WireLayout): number {
  return entries.reduce((sum, { shape, slots }) => sum + sizeOf(shape) * (1 + slots.length), 0);
}

export interface NamedRange {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/** Every array of a flat state by the name that checkpoints give it: `NAME` for values, `optimizer/SLOT/NAME` for slots. */
export function nameRanges({ entries }: WireLayout): NamedRange[] {
  const values = entries.map(({ name, shape }) => ({ name, shape }));
  const slots = entries.flatMap(({ name, shape, slots }) => slots.map((slot) => ({ name: `optimizer/${slot}/${name}`, shape })));
  let offset = 0;
  return [...values, ...slots].map(({ name, shape }) => {
    const length = sizeOf(shape);
    const range = { name, shape, offset, length };
    offset += length;
    return range;
  });
}
