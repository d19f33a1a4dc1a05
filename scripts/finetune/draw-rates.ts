// The curve of a test of learning rates as a picture (SVG) that stands alone, and as rows of a table. Pure.

import { formatNumber } from '../format/status.js';
import { html } from '../report/html.js';
import { placeLogTicks, placeTicks } from '../report/ticks.js';
import type { RatePoint, RateSuggestions } from './rate-curve.js';

const [WIDTH, HEIGHT] = [640, 360];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 20, 24, 48];
/** Losses further above the first one than it is above the best are cut off, or they would hide where losses fall. */
const LEAST_RANGE = 0.02;

const STYLE = `text{font:12px sans-serif;fill:#333}path{fill:none}.axis{stroke:#333}.grid{stroke:#ddd}.curve{stroke:#0b62a4;stroke-width:2}.valley{stroke:#1a7f37}.steep{stroke:#b35900;stroke-dasharray:5 4}
.paper{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#ddd}.axis{stroke:#ddd}.grid{stroke:#444}.curve{stroke:#6cb6ff}.valley{stroke:#57ab5a}.steep{stroke:#daaa3f}.paper{fill:#1b1b1b}}`;

const formatRate = (rate: number): string => (rate < 0.001 ? Number(rate.toPrecision(3)).toExponential() : String(Number(rate.toPrecision(3))));

const at = (place: number): string => place.toFixed(1);

/** The smoothed losses over the rate, whose scale is of powers, with the suggested rates as lines. There must be a loss that is a number. */
export function drawRates(points: readonly RatePoint[], suggestions: RateSuggestions | undefined): string {
  const shown = points.filter(({ smooth }) => Number.isFinite(smooth));
  const least = Math.min(...shown.map(({ smooth }) => smooth));
  const begin = shown[0]!.smooth;
  const largest = Math.min(begin + Math.max(begin - least, LEAST_RANGE * begin), Math.max(...shown.map(({ smooth }) => smooth)));
  const [first, last] = [shown[0]!.rate, shown.at(-1)!.rate];
  const x = (rate: number): string => at(LEFT + ((WIDTH - LEFT - RIGHT) * Math.log(rate / first)) / Math.log(last / first || 1));
  const y = (loss: number): string => at(HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (Math.min(loss, largest) - least)) / (largest - least || 1));
  const path = shown.map(({ rate, smooth }, i) => `${i === 0 ? 'M' : 'L'}${x(rate)} ${y(smooth)}`).join('');
  const marks = suggestions ? Object.entries(suggestions) as [keyof RateSuggestions, number][] : [];
  return String(html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"><title>Smoothed loss by learning rate</title><style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>
${placeTicks(least, largest, 6).map((loss) => html`<path class="grid" d="M${LEFT} ${y(loss)}H${WIDTH - RIGHT}"/><text text-anchor="end" x="${LEFT - 6}" y="${Number(y(loss)) + 4}">${formatNumber(loss)}</text>`)}
${placeLogTicks(first, last, 9).map((rate) => html`<path class="axis" d="M${x(rate)} ${HEIGHT - BOTTOM}v4"/><text text-anchor="middle" x="${x(rate)}" y="${HEIGHT - BOTTOM + 18}">${formatRate(rate)}</text>`)}
<path class="axis" d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}"/>
<text text-anchor="middle" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}">learning rate</text><text text-anchor="middle" transform="translate(15 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)">smoothed loss</text>
${marks.map(([name, rate], i) => html`<path class="${name}" d="M${x(rate)} ${TOP}V${HEIGHT - BOTTOM}"/><text x="${Number(x(rate)) + 4}" y="${TOP + 10 + 14 * i}">${name} ${formatRate(rate)}</text>`)}
<path class="curve" d="${path}"/></svg>
`);
}

const ROWS = 20;

/** Some of the points, evenly spaced, the last one among them. */
export function tabulateRates(points: readonly RatePoint[]): string[] {
  const every = Math.max(1, Math.ceil(points.length / ROWS));
  const rows = points.filter((_point, i) => i % every === 0 || i === points.length - 1);
  return ['rate        loss     smoothed', ...rows.map(({ rate, loss, smooth }) => `${rate.toExponential(2).padEnd(12)}${loss.toFixed(3).padEnd(9)}${smooth.toFixed(3)}`)];
}
