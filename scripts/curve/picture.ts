// A label curve as a picture: accuracy over labels a class, a line a contender, bars for the spread over seeds. Pure; dark on white, for
// pages, terminals and print alike.

import { contenders, type Contender } from './contenders.js';
import type { CurveRow } from './summary.js';

export interface PictureOptions {
  readonly rows: readonly CurveRow[];
  readonly numClasses: number;
  readonly numHeldOut: number;
  /** Accuracy of a guesser. */
  readonly chance: number;
}

const WIDTH = 760;
const HEIGHT = 470;
const PLOT = { left: 70, right: 734, top: 92, bottom: 404 } as const;
const NUM_TICKS = 6;
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
/** Below chance, so that its line is not the axis. */
const ROOM = 0.02;
const CAP = 5;
/** So that bars of contenders do not cover each other. */
const SHIFT = 7;

/** Told apart by shape and line as well as by colour. */
const STYLES: Readonly<Record<Contender, { readonly colour: string; readonly dash: string; mark(x: number, y: number): string }>> = {
  pretrained: { colour: '#0b5394', dash: '', mark: (x, y) => `<circle cx="${at(x)}" cy="${at(y)}" r="5"/>` },
  scratch: { colour: '#b45309', dash: '', mark: (x, y) => `<rect x="${at(x - 4.5)}" y="${at(y - 4.5)}" width="9" height="9"/>` },
  probe: { colour: '#4d4d4d', dash: '6 4', mark: (x, y) => `<path d="M${at(x)} ${at(y - 6)}l6 10.5h-12z"/>` },
};

const NAMES: Readonly<Record<Contender, string>> = { pretrained: 'pretrained, fine-tuned', scratch: 'from scratch', probe: 'head on the frozen trunk' };

const at = (place: number): string => Number(place.toFixed(1)).toString();

interface Scale {
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** An SVG file. */
export function drawCurve({ rows, numClasses, numHeldOut, chance }: PictureOptions): string {
  const numSeeds = rows[0]!.scores.pretrained.bySeed.length;
  const [x, y] = [scaleLabels(rows), scaleAccuracy(rows, chance)];
  const spread = numSeeds > 1 ? `mean of ${numSeeds} seeds, bars: ± standard deviation` : 'one seed';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="13" fill="#1a1a1a">`,
    '<title>Label curve</title>',
    `<desc>${rows.map(({ perClass, scores }) => `${nameCount(perClass)} labels a class: ${contenders.map((contender) => `${contender} ${percent(scores[contender].mean)} %`).join(', ')}`).join('; ')}.</desc>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${PLOT.left}" y="28" font-size="17" font-weight="bold">Accuracy by the number of labels</text>`,
    `<text x="${PLOT.left}" y="48" fill="#404040">${numHeldOut} held-out items of ${numClasses} classes; ${spread}</text>`,
    ...drawAxes(x, y),
    ...drawChance(chance, y.place(chance)),
    ...contenders.flatMap((contender, index) => [...drawLine(contender, { rows, x, y, shift: (index - 1) * SHIFT }), ...drawKey(contender, index)]),
    '</svg>',
    '',
  ].join('\n');
}

const percent = (share: number): string => (100 * share).toFixed(1);
const nameCount = (count: number): string => Number(count.toPrecision(3)).toString();

/** A place on a scale of powers, so that each time as many labels is as far. */
function scaleLabels(rows: readonly CurveRow[]): Scale {
  const ticks = rows.map(({ perClass }) => perClass);
  const [least, most] = [Math.log(ticks[0]!), Math.log(ticks.at(-1)!)];
  const [from, to] = [PLOT.left + 36, PLOT.right - 36];
  return { ticks, place: (value) => (most > least ? from + ((Math.log(value) - least) / (most - least)) * (to - from) : (from + to) / 2) };
}

/** With the bars and chance on it, between whole steps. */
function scaleAccuracy(rows: readonly CurveRow[], chance: number): Scale {
  const ends = rows.flatMap(({ scores }) => contenders.flatMap((contender) => [-1, 1].map((sign) => scores[contender].mean + sign * (scores[contender].deviation ?? 0))));
  const [least, most] = [Math.max(0, Math.min(chance - ROOM, ...ends)), Math.min(1, Math.max(...ends))];
  const step = STEPS.find((size) => (most - least) / size <= NUM_TICKS) ?? 0.5;
  const [first, last] = [Math.floor(least / step), Math.max(Math.ceil(most / step), Math.floor(least / step) + 1)];
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  return { ticks, place: (value) => PLOT.bottom - ((value / step - first) / (last - first)) * (PLOT.bottom - PLOT.top) };
}

function drawAxes(x: Scale, y: Scale): string[] {
  const { left, right, top, bottom } = PLOT;
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
  return [
    ...y.ticks.flatMap((tick) => [
      `<path d="M${left} ${at(y.place(tick))}H${right}" stroke="#dddddd"/>`,
      `<text x="${left - 8}" y="${at(y.place(tick) + 4.5)}" text-anchor="end">${Math.round(100 * tick)}</text>`,
    ]),
    ...x.ticks.flatMap((tick) => [
      `<path d="M${at(x.place(tick))} ${bottom}v6" stroke="#1a1a1a"/>`,
      `<text x="${at(x.place(tick))}" y="${bottom + 22}" text-anchor="middle">${nameCount(tick)}</text>`,
    ]),
    `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#1a1a1a"/>`,
    `<text x="${middleX}" y="${HEIGHT - 16}" text-anchor="middle">labelled items a class (logarithmic)</text>`,
    `<text transform="translate(20 ${middleY}) rotate(-90)" text-anchor="middle">accuracy on held-out items (%)</text>`,
  ];
}

function drawChance(chance: number, place: number): string[] {
  return [
    `<path d="M${PLOT.left} ${at(place)}H${PLOT.right}" stroke="#777777" stroke-dasharray="2 4"/>`,
    `<text x="${PLOT.right - 4}" y="${at(place - 6)}" text-anchor="end" fill="#555555" font-size="12">chance ${percent(chance)} %</text>`,
  ];
}

interface LineOptions {
  readonly rows: readonly CurveRow[];
  readonly x: Scale;
  readonly y: Scale;
  readonly shift: number;
}

function drawLine(contender: Contender, { rows, x, y, shift }: LineOptions): string[] {
  const { colour, dash, mark } = STYLES[contender];
  const places = rows.map(({ perClass, scores }) => ({ ...scores[contender], x: x.place(perClass) + shift }));
  const bars = places.filter(({ deviation = 0 }) => deviation > 0).map((place) => {
    const [low, high] = [-1, 1].map((sign) => at(y.place(Math.min(1, Math.max(0, place.mean + sign * place.deviation!)))));
    return `<path d="M${at(place.x)} ${low!}V${high!}M${at(place.x - CAP)} ${low!}h${2 * CAP}M${at(place.x - CAP)} ${high!}h${2 * CAP}" stroke="${colour}" stroke-width="1.5"/>`;
  });
  return [
    `<path d="M${places.map((place) => `${at(place.x)} ${at(y.place(place.mean))}`).join('L')}" fill="none" stroke="${colour}" stroke-width="2"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>`,
    ...bars,
    `<g fill="${colour}">${places.map((place) => mark(place.x, y.place(place.mean))).join('')}</g>`,
  ];
}

function drawKey(contender: Contender, index: number): string[] {
  const { colour, dash, mark } = STYLES[contender];
  const [left, middle] = [PLOT.left + index * 222, 71];
  return [
    `<path d="M${left} ${middle}h30" stroke="${colour}" stroke-width="2"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>`,
    `<g fill="${colour}">${mark(left + 15, middle)}</g>`,
    `<text x="${left + 38}" y="${middle + 4.5}">${NAMES[contender]}</text>`,
  ];
}
