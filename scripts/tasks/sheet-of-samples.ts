// Drawn samples as the rows of a contact sheet.

import { drawContactSheet, type SheetRow } from './contact-sheet.js';
import type { DrawnSample } from './draw-samples.js';
import { captionOf } from '../format/tasks.js';
import { showArray } from './show-array.js';

/** Bytes of a PNG. */
export function drawSheet(samples: readonly DrawnSample[]): Promise<Buffer> {
  return drawContactSheet(samples.map(toRow));
}

function toRow(sample: DrawnSample, index: number): SheetRow {
  const after = Object.entries(sample.after).map(([title, array]) => ({ title, shown: showArray(array) }));
  return { caption: `${index + 1}  ${captionOf(sample)}`, groups: [{ title: 'before', shown: showArray(sample.before) }, ...after] };
}
