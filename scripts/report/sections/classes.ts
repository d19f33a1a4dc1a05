// What a network that has learnt classes takes for what on held-out items, class by class, and how far its confidence can be believed.

import type { Classification } from '../../../worker/evaluate/classification.js';
import { drawChart } from '../chart.js';
import { percent } from '../figures.js';
import { html, table, type Html } from '../html.js';
import type { Section } from '../section.js';

/** Of more classes the mistakes alone are listed. */
const MOST_IN_MATRIX = 30;
const MOST_ROWS = 40;

export const classes: Section = {
  id: 'classes',
  title: 'What is taken for what',
  render({ report }) {
    const found = report?.evaluation?.classification;
    if (!found) return undefined;
    const { accuracy, standardError, numItems, meanConfidence, calibrationError } = found;
    return html`<p>${percent(accuracy)} of ${numItems} held-out items are told right (standard error ${percent(standardError)}), each shown by its middle at its own scale. The network is ${percent(meanConfidence)} sure on average: ${meanConfidence > accuracy ? 'too sure' : 'not sure enough'}; confidence and accuracy differ by ${percent(calibrationError)} (calibration error).</p>
${found.classes.length <= MOST_IN_MATRIX ? drawMatrix(found) : listMistakes(found)}${listClasses(found)}<div class="charts">${drawReliability(found)}</div>`;
  },
};

function drawMatrix({ classes: scores, confusion }: Classification): Html {
  const counts = new Map(confusion.map(({ label, guess, count }) => [label * scores.length + guess, count]));
  return html`<div class="wide matrix"><table><caption>Items of each class (rows) by what they were taken for (columns); the shade is the share of the row</caption>
<thead><tr><td></td>${scores.map(({ name }) => html`<th scope="col"><span>${name}</span></th>`)}</tr></thead>
<tbody>${scores.map(({ name, support }, row) => html`<tr><th scope="row">${name}</th>${scores.map((_, column) => counts.get(row * scores.length + column) ?? 0).map((count, column) =>
    html`<td class="number ${row === column ? 'hit' : 'miss'}" style="--share: ${support > 0 ? (count / support).toFixed(3) : 0}">${count > 0 && count}</td>`)}</tr>
`)}</tbody></table></div>`;
}

/** The most frequent. */
function listMistakes({ classes: scores, confusion }: Classification): Html {
  const mistakes = confusion.filter(({ label, guess }) => label !== guess).sort((a, b) => b.count - a.count);
  return table({
    caption: `The most frequent mistakes, of ${mistakes.length} kinds`, head: ['of class', 'taken for', 'items', 'share of the class'], numeric: [2, 3],
    rows: mistakes.slice(0, MOST_ROWS).map(({ label, guess, count }) => [scores[label]!.name, scores[guess]!.name, count, percent(count / scores[label]!.support)]),
  });
}

/** The class that is told worst in front. */
function listClasses({ classes: scores }: Classification): Html {
  const rate = (value: number | null): string => (value === null ? 'none' : percent(value));
  const sorted = [...scores].sort((a, b) => (a.recall ?? 2) - (b.recall ?? 2));
  return table({
    caption: `Class by class, the worst first${sorted.length > MOST_ROWS ? `, ${MOST_ROWS} of ${sorted.length}` : ''}: of its items those that were taken for it (recall), of the items taken for it those that are of it (precision)`,
    head: ['class', 'items', 'recall', 'precision'], numeric: [1, 2, 3],
    rows: sorted.slice(0, MOST_ROWS).map(({ name, support, recall, precision }) => [name, support, rate(recall), rate(precision)]),
  });
}

/** What is right of fewer items says nothing. */
const FEWEST_IN_POINT = 10;

function drawReliability({ bins: all }: Classification): Html | undefined {
  const bins = all.filter(({ count }) => count >= FEWEST_IN_POINT);
  const confidences = bins.map(({ confidence }) => confidence);
  const ends = [Math.min(...confidences), Math.max(...confidences)];
  return bins.length < 2 ? undefined : drawChart({
    title: 'How far confidence can be believed', x: 'confidence', y: 'share that is right',
    series: [{ name: `items of like confidence, ${FEWEST_IN_POINT} or more`, points: bins.map(({ confidence, accuracy }) => [confidence, accuracy]) }, { name: 'as sure as right', points: ends.map((end) => [end, end]) }],
  });
}
