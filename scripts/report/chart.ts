// Curves as an SVG that lies in a page: axes with units, a line a series, levels such as chance. Pure.

import { formatNumber } from '../format/status.js';
import { html, table, type Html } from './html.js';
import { thin, type Bucket, type Point } from './thin.js';
import { placeLogTicks, placeTicks } from './ticks.js';

export interface Series {
  readonly name: string;
  /** From left to right. */
  readonly points: readonly Point[];
}

export interface ChartOptions {
  readonly title: string;
  /** What the axes show, with units. */
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  /** Whether values lie on a scale of powers where they differ much. */
  readonly mayBeLog?: boolean;
  /** What values are compared with, such as chance. */
  readonly levels?: readonly { readonly name: string; readonly y: number }[];
  /** What happened at a place of the axis, such as a restart. */
  readonly marks?: readonly { readonly name: string; readonly x: number }[];
}

const WIDTH = 500;
const HEIGHT = 240;
const LEFT = 58;
const RIGHT = 20;
const TOP = 12;
const BOTTOM = 40;
const MOST_BUCKETS = 40;
/** Fewer points are drawn as dots too. */
const FEW_POINTS = 24;
/** Ratio of values from which on a scale of powers tells more. */
const LOG_FROM = 20;
const NUM_STYLES = 6;
const ROWS_OF_NUMBERS = 12;

interface Axis {
  readonly ticks: readonly number[];
  place(value: number): number;
}

interface Line {
  readonly name: string;
  readonly style: number;
  readonly buckets: readonly Bucket[];
}

/** Undefined where there is nothing to draw. */
export function drawChart({ title, x, y, series, mayBeLog = false, levels = [], marks = [] }: ChartOptions): Html | undefined {
  const lines = series.map(({ name, points }, i): Line => ({ name, style: i % NUM_STYLES, buckets: thin(points, MOST_BUCKETS) })).filter(({ buckets }) => buckets.length > 0);
  if (lines.length === 0) return undefined;
  const buckets = lines.flatMap((line) => line.buckets);
  const xs = series.flatMap(({ points }) => points.map(([place]) => place));
  const shown = levels.filter((level) => Number.isFinite(level.y));
  const across = createAxis([...xs, ...marks.map((mark) => mark.x)], [LEFT, WIDTH - RIGHT], { most: 7 });
  const up = createAxis([...buckets.flatMap(({ least, largest }) => [least, largest]), ...shown.map((level) => level.y)], [HEIGHT - BOTTOM, TOP], { most: 6, hasRoom: true, mayBeLog });
  return html`<figure class="chart"><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"><title>${title}</title><desc>${lines.map(describe)}</desc>
${up.ticks.map((tick) => html`<path class="grid" d="M${LEFT} ${at(up.place(tick))}H${WIDTH - RIGHT}"/><text class="tick" text-anchor="end" x="${LEFT - 6}" y="${at(up.place(tick) + 4)}">${formatNumber(tick)}</text>`)}
${across.ticks.map((tick) => html`<path class="axis" d="M${at(across.place(tick))} ${HEIGHT - BOTTOM}v4"/><text class="tick" text-anchor="middle" x="${at(across.place(tick))}" y="${HEIGHT - BOTTOM + 17}">${formatNumber(tick)}</text>`)}
<path class="axis" d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}"/>
<text class="unit" text-anchor="middle" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}">${x}</text>
<text class="unit" text-anchor="middle" transform="translate(13 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)">${y}</text>
${marks.map((mark) => html`<path class="mark" d="M${at(across.place(mark.x))} ${TOP}V${HEIGHT - BOTTOM}"><title>${mark.name}</title></path>`)}
${shown.map((level) => html`<path class="level" d="M${LEFT} ${at(up.place(level.y))}H${WIDTH - RIGHT}"/><text class="note" text-anchor="end" x="${WIDTH - RIGHT}" y="${at(up.place(level.y) - 4)}">${level.name} ${formatNumber(level.y)}</text>`)}
${lines.map((line) => drawLine(line, across, up))}
</svg>
${lines.length > 1 && html`<ul class="legend">${lines.map(({ name, style }) => html`<li><svg viewBox="0 0 28 8" aria-hidden="true"><path class="line s${style}" d="M0 4H28"/></svg>${name}</li>`)}</ul>`}
${listNumbers(title, x, lines)}</figure>`;
}

const at = (place: number): string => place.toFixed(1).replace(/\.0$/, '');

interface AxisOptions {
  /** Marks. */
  readonly most: number;
  /** Whether something is left free at both ends. */
  readonly hasRoom?: boolean;
  readonly mayBeLog?: boolean;
}

function createAxis(values: readonly number[], [from, to]: readonly [number, number], { most, hasRoom = false, mayBeLog = false }: AxisOptions): Axis {
  const [least, largest] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  if (mayBeLog && least > 0 && largest >= LOG_FROM * least) {
    const [bottom, top] = [Math.log10(least) - 0.03, Math.log10(largest) + 0.03];
    return { ticks: placeLogTicks(least, largest, most + 2), place: (value) => from + ((Math.log10(value) - bottom) / (top - bottom)) * (to - from) };
  }
  const room = hasRoom ? 0.06 * (largest - least || Math.abs(least) || 1) : 0;
  const [bottom, top] = [least - room, largest + room || largest + 1];
  const scale = top > bottom ? (to - from) / (top - bottom) : 0;
  return { ticks: placeTicks(bottom, top, most), place: (value) => from + (value - bottom) * scale };
}

function drawLine({ style, buckets }: Line, across: Axis, up: Axis): Html {
  const points = (of: (bucket: Bucket) => number): string[] => buckets.map((bucket) => `${at(across.place(bucket.x))} ${at(up.place(of(bucket)))}`);
  const isSpread = buckets.some(({ least, largest }) => largest > least);
  const area = [...points(({ largest }) => largest), ...points(({ least }) => least).reverse()];
  return html`${isSpread && html`<path class="band s${style}" d="M${area.join('L')}Z"/>`}<path class="line s${style}" d="M${points(({ mean }) => mean).join('L')}"/>${
    buckets.length <= FEW_POINTS && buckets.map((bucket) => html`<circle class="dot s${style}" cx="${at(across.place(bucket.x))}" cy="${at(up.place(bucket.mean))}" r="3"/>`)}`;
}

function describe({ name, buckets }: Line): string {
  const [first, last] = [buckets[0]!, buckets.at(-1)!];
  return `${name}: ${formatNumber(first.mean)} at first, ${formatNumber(last.mean)} at last, between ${formatNumber(Math.min(...buckets.map(({ least }) => least)))} and ${formatNumber(Math.max(...buckets.map(({ largest }) => largest)))}. `;
}

/** For whoever cannot see the curve, or wants to know. */
function listNumbers(title: string, x: string, lines: readonly Line[]): Html {
  const rows = lines.flatMap(({ name, buckets }) => thin(buckets.map(({ x: place, mean }) => [place, mean]), ROWS_OF_NUMBERS)
    .map((bucket) => [name, formatNumber(Math.round(bucket.x * 10) / 10), formatNumber(bucket.mean)]));
  return html`<details><summary>Numbers</summary>${table({ caption: `${title}, means`, head: ['curve', x, 'value'], rows, numeric: [1, 2] })}</details>`;
}
