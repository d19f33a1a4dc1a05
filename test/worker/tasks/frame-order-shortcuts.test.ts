// Shortcuts to the order of frames that tell nothing of what moves: each solves puzzles without its guard, and none with it.

import test from 'ava';
import type { Frames } from '../../../worker/decode/frames.js';
import { createClip } from '../../helpers/clips.js';
import { drawPuzzle, isChance, meanOf, optionsOf, scoreProbe, SIDE, size, streamOf, type Noise } from '../../helpers/frame-order.js';

test('brightness that climbs gives the order away without normalisation, and nothing with it', (t) => {
  // Noise that tells nothing, on a level that climbs.
  const createFade = (noise: Noise): Frames => createClip(size, (frame) => 60 + 7 * frame + noise(30));
  const guarded = optionsOf();
  const open = optionsOf({ guards: { normalise: false } });
  const fine = scoreProbe(createFade, meanOf, guarded, 300);
  t.true(isChance(fine, guarded, 300), `accuracy ${fine}`);
  t.true(scoreProbe(createFade, meanOf, open, 100) > 0.9);
});

test('contrast that climbs gives the order away without normalisation, and nothing with it', (t) => {
  const createSharpening = (noise: Noise): Frames => createClip(size, (frame) => 128 + (2 + frame / 4) * (noise(21) - 10));
  const spread = (patch: Float32Array): number => patch.reduce((sum, value) => sum + value * value, 0) - patch.length * meanOf(patch) ** 2;
  const guarded = optionsOf();
  const fine = scoreProbe(createSharpening, spread, guarded, 300);
  t.true(isChance(fine, guarded, 300), `accuracy ${fine}`);
  t.true(scoreProbe(createSharpening, spread, optionsOf({ guards: { normalise: false } }), 100) > 0.5);
});

test('a drifting tint gives the order away without channel splitting, and nothing with it', (t) => {
  const createTint = (noise: Noise): Frames => createClip(size, (frame, _y, _x, c) => 60 + (c === 0 ? 7 * frame : 50) + noise(30));
  const redness = (patch: Float32Array): number => patch.reduce((sum, value, i) => sum + (i % 3 === 0 ? value : -value / 2), 0);
  const guarded = optionsOf();
  const fine = scoreProbe(createTint, redness, guarded, 300);
  t.true(isChance(fine, guarded, 300), `accuracy ${fine}`);
  t.true(scoreProbe(createTint, redness, optionsOf({ guards: { channelSplit: false } }), 100) > 0.9);
});

test('one channel for the whole puzzle shows all frames alike and hides a drifting tint as well', (t) => {
  // Each channel has a level of its own, so that a patch tells its channel.
  const frames = createClip(size, (_frame, _y, _x, c) => 40 + 60 * c);
  const guards = { normalise: false, duplicates: false };
  const channelsOf = (channelOf: string, i: number): number[] =>
    drawPuzzle(frames, streamOf(i), optionsOf({ guards, channelOf })).patches.map((patch) => Math.round(((patch[0]! * 0.229 + 0.485) * 255 - 40) / 60));
  const puzzles = Array.from({ length: 40 }, (_, i) => channelsOf('puzzle', i));
  t.true(puzzles.every((channels) => new Set(channels).size === 1));
  t.deepEqual([...new Set(puzzles.flat())].sort(), [0, 1, 2]);
  t.true(Array.from({ length: 40 }, (_, i) => new Set(channelsOf('frame', i)).size).some((count) => count === 3));

  const createTint = (noise: Noise): Frames => createClip(size, (frame, _y, _x, c) => 60 + (c === 0 ? 7 * frame : 50) + noise(30));
  const options = optionsOf({ channelOf: 'puzzle' });
  const score = scoreProbe(createTint, meanOf, options, 300);
  t.true(isChance(score, options, 300), `accuracy ${score}`);
  t.true(scoreProbe(createTint, meanOf, optionsOf({ channelOf: 'puzzle', guards: { normalise: false } }), 300) > 0.3);
});

test('a pan shows in the place of a mark without jitter, and less with jitter as wide as its steps', (t) => {
  // A dark column on noise moves one pixel a frame; the probe finds it by its darkness.
  const createPan = (noise: Noise): Frames => createClip({ ...size, numFrames: 12 }, (frame, _y, x) => (x === 20 + frame ? 0 : 120 + noise(40)));
  const placeOf = (patch: Float32Array): number => {
    const sums = new Float64Array(SIDE);
    patch.forEach((value, i) => (sums[Math.floor(i / 3) % SIDE]! += value));
    return sums.indexOf(Math.min(...sums));
  };
  const options = { span: 4, jitter: 0.25 };
  const open = scoreProbe(createPan, placeOf, optionsOf({ ...options, guards: { jitter: false } }), 150);
  const guarded = scoreProbe(createPan, placeOf, optionsOf(options), 150);
  t.true(open > 0.7, `open ${open}`);
  t.true(guarded < open - 0.3, `guarded ${guarded}`);
});
