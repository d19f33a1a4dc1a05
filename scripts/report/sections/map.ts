// The features of the last stage in a plane, a point an item.

import { percent } from '../figures.js';
import { countBy } from '../../../shared/datasets/name-some.js';
import { html, type Html } from '../html.js';
import type { EmbeddingMap, MapPoint } from '../pictures/pictures.js';
import type { Section } from '../section.js';

export const map: Section = {
  id: 'map',
  title: 'Map of features',
  render({ pictures }) {
    if (!pictures?.map) return undefined;
    return html`<p class="soft">Features of ${pictures.map.stage}, each scaled to length 1, along the two directions in which they differ most: ${percent(pictures.map.shares[0])} and ${percent(pictures.map.shares[1])} of the variance. What lies apart here is apart; what lies together may differ in other directions.</p>${drawMap(pictures.map)}`;
  },
};

const SIDE = 520;
const MARGIN = 14;
/** Others share one grey mark. */
const MOST_CLASSES = 12;
const RADIUS = 4;
const NUM_COLOURS = 6;

function drawMap({ points }: EmbeddingMap): Html {
  const classes = countBy(points, ({ label }) => label).map(([name]) => name).slice(0, MOST_CLASSES).sort();
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs), Math.max(...ys)];
  const range = Math.max(Math.max(...xs) - left, top - Math.min(...ys)) || 1;
  const scale = (SIDE - 2 * MARGIN) / range;
  const height = Math.ceil((top - Math.min(...ys)) * scale) + 2 * MARGIN;
  const styleOf = ({ label }: MapPoint): number => (label === undefined ? -1 : classes.indexOf(label));
  return html`<figure class="chart map"><figcaption>${points.length} items, filled marks are held out</figcaption>
<svg viewBox="0 0 ${SIDE} ${height}" role="img"><title>Features in a plane</title><desc>${points.length} items of ${classes.length} classes; a mark's title names its file.</desc>
${points.map((point) => html`<path class="${markOf(styleOf(point))} ${point.split === 'test' ? 'filled' : 'hollow'}" transform="translate(${(MARGIN + (point.x - left) * scale).toFixed(1)} ${(MARGIN + (top - point.y) * scale).toFixed(1)})" d="${shapeOf(styleOf(point))}"><title>${point.path}${point.label === undefined ? '' : `, ${point.label}`}</title></path>
`)}</svg>
${classes.length > 0 && html`<ul class="legend">${classes.map((name, i) => html`<li><svg viewBox="-6 -6 12 12" aria-hidden="true"><path class="${markOf(i)} filled" d="${shapeOf(i)}"/></svg>${name}</li>`)}</ul>`}</figure>`;
}

const markOf = (style: number): string => (style < 0 ? 'point' : `point s${style % NUM_COLOURS}`);

const R = RADIUS;
/** A second round of colours has another shape. */
const SHAPES = [`M-${R} 0a${R} ${R} 0 1 0 ${2 * R} 0a${R} ${R} 0 1 0 -${2 * R} 0Z`, `M0 -${R + 1}L${R + 1} ${R}H-${R + 1}Z`];
const OTHER = `M-${R - 1} -${R - 1}h${2 * R - 2}v${2 * R - 2}h-${2 * R - 2}Z`;

const shapeOf = (style: number): string => (style < 0 ? OTHER : SHAPES[Math.floor(style / NUM_COLOURS)]!);
