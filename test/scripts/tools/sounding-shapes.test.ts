import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { renderShape, SHAPE_KINDS, soundShape } from '../../../scripts/tools/sounding-shapes/render.js';
import { makeSoundingShapes } from '../../../scripts/tools/sounding-shapes.js';
import { locateFfmpeg } from '../../../shared/datasets/ffmpeg.js';
import { videoFolder } from '../../../shared/datasets/video-folder.js';
import { createRandom } from '../../../shared/random/random.js';
import { DEFAULT_LIMITS } from '../../../worker/decode/limits.js';
import { decodeSound } from '../../../worker/decode/sound.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const OPTIONS = { numVideos: 14, seed: 5, seconds: 1, side: 48, fps: 8 };
const KINDS = Object.keys(SHAPE_KINDS);
const RATE_HZ = 16_000;

const streamOf = (index: number) => createRandom({ seed: 5, epoch: 0, sample: index, purpose: 'sounding shape' });

const levelOf = (samples: Float32Array): number => Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);

/** Energy at a pitch, a little out of tune included. */
const energyAt = (samples: Float32Array, pitchHz: number): number => [0.97, 0.985, 1, 1.015, 1.03].reduce((total, detune) => {
  const parts = [Math.sin, Math.cos].map((wave) => samples.reduce((sum, value, i) => sum + value * wave((2 * Math.PI * pitchHz * detune * i) / RATE_HZ), 0));
  return total + parts[0]! ** 2 + parts[1]! ** 2;
}, 0);

test('the set has every kind in turn, with labels and a split, silent videos and mute ones', async (t) => {
  const folder = await makeTempFolder(t);
  const { videos, silent, mute } = await makeSoundingShapes(folder, OPTIONS);
  t.deepEqual([silent, mute], [['0005.mp4'], ['0011.mp4']]);
  const { items, rejected } = await videoFolder.list(folder, { holdout: 0, seed: 1 });
  t.deepEqual(rejected, []);
  t.deepEqual(items.map(({ path }) => path), [...videos]);
  t.deepEqual(items.map(({ label }) => label), videos.map((_, index) => KINDS[index % KINDS.length]!));
  t.deepEqual(new Set(items.filter(({ split }) => split === 'test').map(({ label }) => label)).size, KINDS.length);

  const ffmpeg = await locateFfmpeg();
  for (const { path } of items) {
    const sound = await decodeSound(join(folder, path), { startS: 0, lengthS: 1, rateHz: RATE_HZ, limits: DEFAULT_LIMITS, ffmpeg });
    if (mute.includes(path)) t.is(sound, undefined);
    else t.is(levelOf(sound!.samples) < 0.002, silent.includes(path), path);
  }
});

test('the seed decides every byte of the files', async (t) => {
  const folder = await makeTempFolder(t);
  const options = { ...OPTIONS, numVideos: 2 };
  const { videos } = await makeSoundingShapes(join(folder, 'a'), options);
  await makeSoundingShapes(join(folder, 'b'), options);
  await makeSoundingShapes(join(folder, 'c'), { ...options, seed: 6 });
  for (const path of videos) {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => readFile(join(folder, name, path))));
    t.deepEqual(a, b);
    t.notDeepEqual(a, c);
  }
});

test('the pitch tells the kind, and loudness does not', (t) => {
  const notes = KINDS.flatMap((kind, k) => Array.from({ length: 6 }, (_, i) => ({ kind, samples: soundShape(kind, 0.5, RATE_HZ, streamOf(10 * k + i)).samples })));
  for (const { kind, samples } of notes) {
    const energies = KINDS.map((each) => energyAt(samples, SHAPE_KINDS[each]!.pitchHz));
    t.is(KINDS[energies.indexOf(Math.max(...energies))], kind);
  }
  const levels = KINDS.map((kind) => notes.filter((note) => note.kind === kind).map(({ samples }) => levelOf(samples)));
  t.true(levels.every((each, k) => Math.max(...each) > Math.min(...levels[(k + 1) % KINDS.length]!)));
});

test('the colours are others in every frame, whatever the kind', (t) => {
  const video = { index: 3, side: 48, numFrames: 4 };
  const [disc, bar] = ['disc', 'bar'].map((kind) => renderShape({ ...video, kind }, streamOf(3)));
  const length = 48 * 48 * 3;
  // The ground of both has the same colour, in the corner, up to noise, and another one in the next frame.
  for (let c = 0; c < 3; c++) t.true(Math.abs(disc![c]! - bar![c]!) < 12);
  t.true([0, 1, 2].some((c) => Math.abs(disc![c]! - disc![length + c]!) > 12));
  t.notDeepEqual(disc, bar);
});
