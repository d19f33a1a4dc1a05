// How well classes are told of which an item may have several, class by class.

import { percent } from '../figures.js';
import { html, table } from '../html.js';
import type { Section } from '../section.js';

const MOST_ROWS = 40;

export const several: Section = {
  id: 'several',
  title: 'Which classes are told',
  render({ report }) {
    const found = report?.evaluation?.multiLabel;
    if (!found) return undefined;
    const { meanAveragePrecision, chance, numItems, classes } = found;
    const counted = classes.filter(({ support }) => support > 0).sort((a, b) => a.averagePrecision! - b.averagePrecision!);
    return html`<p>Mean average precision ${percent(meanAveragePrecision)} over ${counted.length} classes on ${numItems} held-out items, each shown by its middle at its own scale; a guesser reaches ${percent(chance)}.</p>
${table({
    caption: `Class by class, the worst first${counted.length > MOST_ROWS ? `, ${MOST_ROWS} of ${counted.length}` : ''}: average precision of the items ranked by it, and the best F1 with the confidence from which on the class is then said to be there, chosen on these items`,
    head: ['class', 'items', 'average precision', 'chance', 'best F1', 'from'], numeric: [1, 2, 3, 4, 5],
    rows: counted.slice(0, MOST_ROWS).map(({ name, support, averagePrecision, chance: guess, bestF1, threshold }) =>
      [name, support, html`<b>${percent(averagePrecision!)}</b>`, percent(guess!), percent(bestF1!), percent(threshold!)]),
  })}`;
  },
};
