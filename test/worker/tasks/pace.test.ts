// What pace draws, and shortcuts to the pace: each solves puzzles without its guard, and none with it.

import test from 'ava';
import type { Random } from '../../../shared/random/random.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { pace } from '../../../worker/tasks/pace/puzzle.js';
import { createClip, createMovingSquare, createNoise, createScenes, drawScenes } from '../../helpers/clips.js';
import { meanOf, streamOf, type Noise } from '../../helpers/frame-order.js';
import { freshRandom } from '../../helpers/numerics.js';
import { bindTask, drawOne } from '../../helpers/puzzles.js';

const SIDE = 24;
const size = { numFrames: 20, height: 32, width: 40 };
const plain = { normalise: false, channelSplit: false, colour: false, duplicates: false, motion: false };

interface Drawn {
  readonly pictures: Float32Array[];
  readonly pace: number;
}

function drawPuzzle(frames: Frames, random: Random, given: object = {}): Drawn | undefined {
  const puzzle = bindTask(pace, given, SIDE);
  const { out, isDrawn } = drawOne(puzzle, { frames, item: 0 }, random);
  if (!isDrawn) return undefined;
  const all = out['pictures'] as Float32Array;
  const numFrames = puzzle.arrays['pictures']!.shape[0]!;
  const length = all.length / numFrames;
  return { pictures: Array.from({ length: numFrames }, (_, i) => all.slice(i * length, (i + 1) * length)), pace: out['pace']![0]! };
}

/** Frames of flat grey, each lighter than the one before. */
const ramp = createClip(size, (frame) => 40 + 10 * frame);
const timeOf = (picture: Float32Array): number => Math.round(((picture[0]! * 0.229 + 0.485) * 255 - 40) / 10);

test('frames are as far apart as the class says, wherever the clip begins, each pace as often', (t) => {
  const counts = [0, 0, 0, 0];
  const firsts = new Set<string>();
  for (let i = 0; i < 400; i++) {
    const { pictures, pace: drawn } = drawPuzzle(ramp, streamOf(i), { guards: plain })!;
    const times = pictures.map(timeOf);
    t.is(times.length, 4);
    t.true(times.every((time, k) => k === 0 || time - times[k - 1]! === drawn + 1), String(times));
    counts[drawn]! += 1;
    firsts.add(`${drawn} ${times[0]!}`);
  }
  // 3 degrees of freedom: 16.3 is passed once in a thousand keys, and the keys are fixed.
  t.true(counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0) < 16.3, String(counts));
  // There are 17 + 14 + 11 + 8 places that leave the last frame inside.
  t.true(firsts.size >= 44, String(firsts.size));
});

test('the stream alone decides, and still, short, small and cut clips make no puzzle', (t) => {
  const { random } = freshRandom();
  // It crosses the picture fast enough that no frame repeats another.
  const moving = createMovingSquare({ ...size, width: 72 }, random, 12);
  t.deepEqual(drawPuzzle(moving, streamOf(1)), drawPuzzle(moving, streamOf(1)));
  t.notDeepEqual(drawPuzzle(moving, streamOf(1)), drawPuzzle(moving, streamOf(2)));
  t.is(drawPuzzle(createClip({ ...size, numFrames: 12 }, (frame) => 40 + 10 * frame), streamOf(1), { guards: plain }), undefined);
  t.is(drawPuzzle(createMovingSquare({ ...size, height: 23 }, random, 12), streamOf(1)), undefined);
  t.is(drawPuzzle(createClip(size, (_frame, y, x) => 10 * ((y + x) % 20)), streamOf(1)), undefined);
  const cut = createClip(size, (frame, y, x) => (frame < 10 ? 5 * y : 6 * x));
  t.is(drawPuzzle(cut, streamOf(1), { guards: plain }), undefined);
  t.not(drawPuzzle(cut, streamOf(1), { guards: { ...plain, cuts: false } }), undefined);
});

interface Shortcut {
  readonly createFrames: (noise: Noise) => Frames;
  /** Larger for a faster pace. */
  readonly measure: (pictures: readonly Float32Array[]) => number;
}

/** What a probe scores that tells the slowest from the fastest of two paces by whether its measure is above the middle; undefined where no clip makes a puzzle. */
function scoreProbe({ createFrames, measure }: Shortcut, given: object): number | undefined {
  const { random } = freshRandom();
  const noise = createNoise(random);
  const drawn = Array.from({ length: 120 }, () => drawPuzzle(createFrames(noise), random, { paces: 2, ...given }) ?? []).flat();
  if (drawn.length === 0) return undefined;
  const measured = drawn.map(({ pictures }) => measure(pictures));
  const middle = (Math.min(...measured) + Math.max(...measured)) / 2;
  return drawn.filter(({ pace }, i) => (measured[i]! > middle ? 1 : 0) === pace).length / drawn.length;
}

test('a fade gives the pace away without normalisation, and nothing with it', (t) => {
  const fade: Shortcut = {
    createFrames: (noise) => createClip(size, (frame) => 40 + 8 * frame + noise(30)),
    measure: (pictures) => meanOf(pictures.at(-1)!) - meanOf(pictures[0]!),
  };
  const guarded = scoreProbe(fade, {})!;
  t.true(Math.abs(guarded - 0.5) < 5 * Math.sqrt(0.25 / 120), `guarded ${guarded}`);
  const open = scoreProbe(fade, { guards: { normalise: false, colour: false } })!;
  t.true(open > 0.9, `open ${open}`);
});

test('frames that come twice give the pace away, and make no puzzle with their guard', (t) => {
  const twice: Shortcut = {
    createFrames(noise) {
      const greyAt = drawScenes(size, size.numFrames / 2, noise);
      return createClip(size, (frame, y, x) => greyAt(Math.floor(frame / 2), y, x));
    },
    // How many frames differ from the one before.
    measure: (pictures) => pictures.slice(1).filter((picture, k) => picture.some((value, i) => value !== pictures[k]![i])).length,
  };
  const guards = { motion: false, cuts: false, colour: false };
  t.is(scoreProbe(twice, { guards }), undefined);
  const open = scoreProbe(twice, { guards: { ...guards, duplicates: false } })!;
  t.true(open > 0.9, `open ${open}`);
});

test('a drifting tint gives the pace away without channel splitting, and nothing with it', (t) => {
  const redness = (patch: Float32Array): number => meanOf(patch.filter((_value, i) => i % 3 === 0)) - meanOf(patch);
  const tint: Shortcut = {
    createFrames: (noise) => createClip(size, (frame, _y, _x, c) => 50 + (c === 0 ? 4 * frame : 40) + noise(110)),
    measure: (pictures) => redness(pictures.at(-1)!) - redness(pictures[0]!),
  };
  // Colours that change hide the tint in part.
  const [guarded, open] = [{}, { channelSplit: false }].map((more) => scoreProbe(tint, { guards: { colour: false, ...more } })!) as [number, number];
  t.log(`guarded ${guarded}, open ${open}`);
  t.true(Math.abs(guarded - 0.5) < 5 * Math.sqrt(0.25 / 120), `guarded ${guarded}`);
  t.true(open > 0.9, `open ${open}`);
});

test('where frames are not normalised a fade gives the pace away, and less where their colours change', (t) => {
  const fade: Shortcut = {
    createFrames: (noise) => createClip(size, (frame) => 40 + 8 * frame + noise(30)),
    measure: (pictures) => meanOf(pictures.at(-1)!) - meanOf(pictures[0]!),
  };
  const [guarded, open] = [{}, { colour: false }].map((more) => scoreProbe(fade, { guards: { normalise: false, ...more } })!) as [number, number];
  t.log(`guarded ${guarded}, open ${open}`);
  t.true(open > 0.9, `open ${open}`);
  t.true(guarded < open - 0.1, `guarded ${guarded}`);
});

test('cuts give the pace away, and their clips make no puzzle with the guard', (t) => {
  const cuts: Shortcut = {
    createFrames: (noise) => createScenes(size, 3, noise),
    // How many frames show another scene than the one before.
    measure: (pictures) => pictures.slice(1).filter((picture, k) => picture.reduce((sum, value, i) => sum + (value - pictures[k]![i]!) ** 2, 0) > picture.length / 2).length,
  };
  t.is(scoreProbe(cuts, {}), undefined);
  const open = scoreProbe(cuts, { guards: { cuts: false } })!;
  t.true(open > 0.9, `open ${open}`);
});
