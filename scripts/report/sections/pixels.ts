// How well the classes of pixels are told on held-out pictures, class by class.

import { percent } from '../figures.js';
import { html, table } from '../html.js';
import type { Section } from '../section.js';

const MOST_ROWS = 40;

export const pixels: Section = {
  id: 'pixels',
  title: 'Which pixels are told',
  render({ report }) {
    const found = report?.evaluation?.segmentation;
    if (!found) return undefined;
    const { meanIou, pixelAccuracy, chance, numPictures, numPixels, classes, mostConfused } = found;
    const counted = classes.filter(({ support }) => support > 0).sort((a, b) => a.iou! - b.iou!);
    return html`<p>Mean intersection over union ${percent(meanIou)} over ${counted.length} classes in ${numPictures} held-out pictures, seen by their largest central square; ${percent(pixelAccuracy)} of ${numPixels} pixels are told right. Who says the most frequent class of all pixels reaches ${percent(chance.meanIou)} and ${percent(chance.pixelAccuracy)}.${mostConfused && html` Most often mistaken: ${mostConfused.label} for ${mostConfused.guess}, ${mostConfused.count} pixels.`}</p>
${table({
    caption: `Class by class, the worst first${counted.length > MOST_ROWS ? `, ${MOST_ROWS} of ${counted.length}` : ''}: intersection over union of the pixels of the class and those that were taken for it, over all pictures`,
    head: ['class', 'pixels of it', 'taken for it', 'intersection over union'], numeric: [1, 2, 3],
    rows: counted.slice(0, MOST_ROWS).map(({ name, support, told, iou }) => [name, support, told, html`<b>${percent(iou!)}</b>`]),
  })}`;
  },
};
