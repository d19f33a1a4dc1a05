// How the frames of a puzzle are shown, on clips whose pixels say which frame they are of and where they lie.

import test from 'ava';
import { drawSequence, type Sequence, type SequenceOptions } from '../../../../worker/augment/sequences/draw-sequence.js';
import type { Bounds } from '../../../../worker/augment/sequences/region.js';
import { createClip } from '../../../helpers/clips.js';
import { streamOf } from '../../../helpers/frame-order.js';

const SIDE = 20;
const PLACES = [2, 0, 1];
const size = { numFrames: 6, height: 31, width: 43 };
const frames = createClip(size, (frame, y, x, c) => [10 * frame, y, x][c]!);
const off = { cuts: false, duplicates: false, motion: false, jitter: false, channelSplit: false, normalise: false };
const options: SequenceOptions = { numFrames: 3, span: 5, jitter: 0.15, channelOf: 'frame', guards: off };
/** Farthest that a frame moves, in pixels. */
const REACH = 3;

const sequenceOf = (guards: Partial<SequenceOptions['guards']> = {}): Sequence => ({
  options: { ...options, guards: { ...off, ...guards } },
  side: SIDE,
  pixels: { channels: 3, isColour: true, mean: [0, 0, 0], deviation: [1, 1, 1] },
  drawPlaces: () => PLACES,
});

interface Shown {
  readonly frame: number;
  readonly x: number;
  readonly y: number;
  readonly isMirrored: boolean;
}

/** What each frame shows, earliest first; undefined where there is no puzzle. */
function draw(sample: number, sequence: Sequence): Shown[] | undefined {
  const out = new Float32Array(3 * SIDE * SIDE * 3).fill(NaN);
  const places = drawSequence(frames, streamOf(sample), sequence, out);
  if (places === undefined) return undefined;
  return Array.from(places, (place) => {
    const pixel = (at: number): number[] => Array.from({ length: 3 }, (_, c) => Math.round(out[(place * SIDE * SIDE + at) * 3 + c]! * 255));
    const [[tens, y, left], [, , right]] = [pixel(0), pixel(SIDE - 1)] as [[number, number, number], [number, number, number]];
    return { frame: tens / 10, x: Math.min(left, right), y, isMirrored: left > right };
  });
}

const samples = Array.from({ length: 60 }, (_, i) => i);
const countKinds = (values: readonly unknown[]): number => new Set(values).size;

test('frames go where their places say, earliest first, all of one square and mirrored alike, half of the time', (t) => {
  const puzzles = samples.map((sample) => draw(sample, sequenceOf())!);
  for (const shown of puzzles) {
    t.true(shown.every(({ frame }, k) => k === 0 || frame > shown[k - 1]!.frame));
    t.is(countKinds(shown.map(({ x, y, isMirrored }) => `${x} ${y} ${isMirrored}`)), 1);
  }
  const numMirrored = puzzles.filter(([first]) => first!.isMirrored).length;
  // Four binomial deviations.
  t.true(Math.abs(numMirrored - 30) < 4 * Math.sqrt(15), String(numMirrored));
  t.true(countKinds(puzzles.map(([first]) => first!.x)) > 10);
});

test('with jitter each frame moves by itself, no farther than told from what they share', (t) => {
  const puzzles = samples.map((sample) => draw(sample, sequenceOf({ jitter: true }))!);
  for (const shown of puzzles) {
    for (const values of [shown.map(({ x }) => x), shown.map(({ y }) => y)]) t.true(Math.max(...values) - Math.min(...values) <= 2 * REACH);
  }
  t.true(puzzles.filter((shown) => countKinds(shown.map(({ x }) => x)) > 1).length > 50);
  t.is(countKinds(puzzles.flatMap((shown) => shown.map(({ x }) => x - shown[0]!.x))), 4 * REACH + 1);
});

test('nothing outside the bounds is shown, and bounds that hold no square make no puzzle', (t) => {
  const bounds: Bounds = { left: 7, top: 4, right: 31, bottom: 26 };
  const times: number[][] = [];
  const within = (part: Bounds): Sequence => ({ ...sequenceOf({ jitter: true }), findBounds: (_frames, chosen) => (times.push([...chosen]), part) });
  const all = samples.flatMap((sample) => {
    const shown = draw(sample, within(bounds))!;
    t.deepEqual(shown.map(({ frame }) => frame), times.at(-1));
    return shown;
  });
  t.deepEqual([Math.min(...all.map(({ x }) => x)), Math.max(...all.map(({ x }) => x))], [7, 11]);
  t.deepEqual([Math.min(...all.map(({ y }) => y)), Math.max(...all.map(({ y }) => y))], [4, 6]);
  t.is(draw(1, within({ ...bounds, right: bounds.left + SIDE - 1 })), undefined);
  t.is(draw(1, within({ ...bounds, bottom: bounds.top + SIDE - 1 })), undefined);
});
