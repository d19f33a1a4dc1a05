import test from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import type { Random } from '../../../shared/random/random.js';
import type { Picture } from '../../../worker/augment/ops/picture.js';
import { pictureOf } from '../../../worker/augment/ops/picture.js';
import { drawView, viewGuards, viewOptions } from '../../../worker/augment/views.js';
import { createClip, createNoise } from '../../helpers/clips.js';

const SIDE = 32;
/** Nothing but the crop. */
const PLAIN = { jitterChance: 0, grey: 0, blur: 0, flip: false };

const streamOf = (sample: number): Random => createRandom({ seed: 8, epoch: 0, sample, purpose: 'view' });

function draw(picture: Picture, random: Random, views: object = {}, guards: object = {}): Uint8Array {
  const bytes = new Uint8Array(SIDE * SIDE * 3);
  drawView(picture, random, { side: SIDE, views: viewOptions.parse(views), guards: viewGuards.parse(guards) }, bytes);
  return bytes;
}

/** Coloured stripes under a slope. */
const createPicture = (shift: number): Picture =>
  pictureOf(createClip({ numFrames: 1, height: 48, width: 56 }, (_frame, y, x, c) => 60 + 2 * y + ((x + shift * c) % 7) * 12 + 20 * c), 0);

test('a view depends on its stream alone', (t) => {
  const picture = createPicture(1);
  t.deepEqual(draw(picture, streamOf(1)), draw(picture, streamOf(1)));
  t.notDeepEqual(draw(picture, streamOf(1)), draw(picture, streamOf(2)));
});

test('without changes and at the picture\'s own scale a view is the picture', (t) => {
  const picture = pictureOf(createClip({ numFrames: 1, height: SIDE, width: SIDE }, (_frame, y, x, c) => 3 * y + 4 * x + c), 0);
  t.deepEqual(draw(picture, streamOf(1), PLAIN, { randomCrop: false }), new Uint8Array(picture.dataHWC));
});

test('each change happens to its share of the views', (t) => {
  const picture = createPicture(2);
  const still = draw(picture, streamOf(0), PLAIN, { randomCrop: false }).join();
  const isGrey = (bytes: Uint8Array): boolean => bytes.every((value, i) => value === bytes[i - (i % 3)]);
  const count = (views: object, holds: (bytes: Uint8Array) => boolean): number =>
    Array.from({ length: 400 }, (_, i) => draw(picture, streamOf(i), { ...PLAIN, ...views }, { randomCrop: false })).filter(holds).length;
  const isChanged = (bytes: Uint8Array): boolean => bytes.join() !== still;
  // Of 400 draws, within four deviations; the keys are fixed.
  const isNear = (numSeen: number, share: number): boolean => Math.abs(numSeen - 400 * share) <= 4 * Math.sqrt(400 * share * (1 - share));
  t.true(isNear(count({ grey: 0.2 }, isGrey), 0.2));
  t.true(isNear(count({ jitterChance: 0.8 }, isChanged), 0.8));
  t.true(isNear(count({ flip: true }, isChanged), 0.5));
  t.true(isNear(count({ blur: 0.5, sigmaFrom: 5, sigmaTo: 10 }, isChanged), 0.5));
});

test('colour changes are a guard: without it, colours alone tell which views belong together', (t) => {
  const numPictures = 40;
  const pictures = Array.from({ length: numPictures }, (_, i) => {
    const random = streamOf(1000 + i);
    const tint = [random.int(120), random.int(120), random.int(120)];
    return pictureOf(createClip({ numFrames: 1, height: 40, width: 40 }, (_frame, y, x, c) => 60 + tint[c]! + 10 * ((x + y) % 3)), 0);
  });
  const meansOf = (bytes: Uint8Array): number[] => [0, 1, 2].map((c) => bytes.reduce((sum, value, i) => sum + (i % 3 === c ? value : 0), 0) / (SIDE * SIDE));
  const distance = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, c) => sum + (value - b[c]!) ** 2, 0);
  /** Share of the pictures whose second view has the colour nearest to that of the first. */
  const score = (guards: object): number => {
    const [queries, keys] = [0, 1].map((which) => pictures.map((picture, i) => meansOf(draw(picture, streamOf(2 * i + which), {}, guards)))) as [number[][], number[][]];
    const nearest = queries.map((query) => keys.map((key) => distance(query, key))).map((distances) => distances.indexOf(Math.min(...distances)));
    return nearest.filter((found, i) => found === i).length / numPictures;
  };
  const [open, guarded] = [score({ colour: false }), score({})];
  t.log(`open ${open}, guarded ${guarded}`);
  t.true(open > 0.9 && guarded < 0.4);
});

test('crops of their own are a guard: without it, noise at the same place tells which views belong together, and nothing with it', (t) => {
  const numPictures = 60;
  const pictures = Array.from({ length: numPictures }, (_, i) => {
    const noise = createNoise(streamOf(2000 + i));
    return pictureOf(createClip({ numFrames: 1, height: 40, width: 40 }, () => noise(256)), 0);
  });
  /** Differences from the mean of the pixel's colour, mirrored or not. */
  const contrastsOf = (bytes: Uint8Array, isMirrored: boolean): number[] => {
    const means = [0, 1, 2].map((c) => bytes.reduce((sum, value, i) => sum + (i % 3 === c ? value : 0), 0) / (SIDE * SIDE));
    return Array.from(bytes, (_, i) => {
      const [row, column] = [Math.floor(i / 3 / SIDE), Math.floor(i / 3) % SIDE];
      return bytes[3 * (row * SIDE + (isMirrored ? SIDE - 1 - column : column)) + (i % 3)]! - means[i % 3]!;
    });
  };
  const likeness = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  /** Share of the pictures whose second view is most like the first, pixel by pixel. */
  const score = (guards: object): number => {
    const [queries, keys] = [0, 1].map((which) => pictures.map((picture, i) => draw(picture, streamOf(2 * i + which), {}, guards))) as [Uint8Array[], Uint8Array[]];
    const both = keys.map((key) => [contrastsOf(key, false), contrastsOf(key, true)]);
    const found = queries.map((query) => {
      const contrasts = contrastsOf(query, false);
      const scores = both.map((mirrors) => Math.max(...mirrors.map((each) => likeness(contrasts, each) / Math.sqrt(likeness(each, each)))));
      return scores.indexOf(Math.max(...scores));
    });
    return found.filter((place, i) => place === i).length / numPictures;
  };
  const [open, guarded] = [score({ randomCrop: false }), score({})];
  t.log(`open ${open}, guarded ${guarded}`);
  t.true(open > 0.9 && guarded < 0.15);
});
