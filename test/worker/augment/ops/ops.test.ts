import test from 'ava';
import { createRandom } from '../../../../shared/random/random.js';
import { jitterColour, splitChannel, toGrayscale } from '../../../../worker/augment/ops/colour.js';
import { copyCrop } from '../../../../worker/augment/ops/crop.js';
import { flipHorizontally } from '../../../../worker/augment/ops/flip.js';
import { normaliseFixed, normalisePatch } from '../../../../worker/augment/ops/normalise.js';
import { pictureOf } from '../../../../worker/augment/ops/picture.js';
import type { Picture } from '../../../../worker/augment/ops/picture.js';
import { centralBox, copyResized, drawBox } from '../../../../worker/augment/ops/resized-crop.js';
import { rotateQuarters } from '../../../../worker/augment/ops/rotate90.js';
import { freshRandom } from '../../../helpers/numerics.js';

/** A picture whose red, green and blue say where a pixel is: row, column, row + column. */
function createPicture(height: number, width: number): Picture {
  const dataHWC = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) dataHWC.set([y, x, y + x], (y * width + x) * 3);
  }
  return { dataHWC, height, width };
}

/** [red, green] of every pixel of a patch, row by row. */
const placesOf = (patch: Float32Array): number[][] => Array.from({ length: patch.length / 3 }, (_, i) => [patch[3 * i]!, patch[3 * i + 1]!]);

const randomPatch = (side: number): Float32Array => {
  const { random } = freshRandom();
  return Float32Array.from({ length: side * side * 3 }, () => random.int(256));
};

test('a crop holds the pixels of its square', (t) => {
  const patch = new Float32Array(2 * 2 * 3);
  copyCrop(createPicture(5, 7), { x: 4, y: 3 }, 2, patch);
  t.deepEqual(placesOf(patch), [[3, 4], [3, 5], [4, 4], [4, 5]]);
});

test('frames are found by their number', (t) => {
  const dataNHWC = Uint8Array.from({ length: 3 * 2 * 1 * 3 }, (_, i) => i);
  t.deepEqual([...pictureOf({ dataNHWC, numFrames: 3, height: 2, width: 1 }, 1).dataHWC], [6, 7, 8, 9, 10, 11]);
});

test('a resized crop at the picture\'s own scale is the crop', (t) => {
  const picture = createPicture(6, 9);
  const [resized, cropped] = [new Float32Array(4 * 4 * 3), new Float32Array(4 * 4 * 3)];
  copyResized(picture, { x: 3, y: 1, width: 4, height: 4 }, 4, resized);
  copyCrop(picture, { x: 3, y: 1 }, 4, cropped);
  t.deepEqual(resized, cropped);
});

test('bilinear sampling reads a slope between pixel centres exactly, inside the picture', (t) => {
  const patch = new Float32Array(5 * 5 * 3);
  copyResized(createPicture(20, 30), { x: 3.5, y: 4.25, width: 12, height: 7 }, 5, patch);
  placesOf(patch).forEach(([y, x], i) => {
    const [row, column] = [Math.floor(i / 5), i % 5];
    t.true(Math.abs(y! - (4.25 + ((row + 0.5) * 7) / 5 - 0.5)) < 1e-4);
    t.true(Math.abs(x! - (3.5 + ((column + 0.5) * 12) / 5 - 0.5)) < 1e-4);
  });
});

test('upscaling repeats the border instead of reading past it', (t) => {
  const patch = new Float32Array(8 * 8 * 3);
  copyResized(createPicture(2, 2), { x: 0, y: 0, width: 2, height: 2 }, 8, patch);
  t.deepEqual(placesOf(patch)[0], [0, 0]);
  t.deepEqual(placesOf(patch).at(-1), [1, 1]);
});

test('drawn boxes lie inside and cover the asked share', (t) => {
  const { random } = freshRandom();
  const picture = createPicture(40, 60);
  const areas = Array.from({ length: 300 }, () => {
    const { x, y, width, height } = drawBox(picture, random, 0.3);
    t.true(x >= 0 && y >= 0 && x + width <= 60 + 1e-9 && y + height <= 40 + 1e-9);
    t.true(width / height < 1.3334 && height / width < 1.3334 && width * height >= 0.3 * 2400 - 1e-6);
    return width * height;
  });
  t.true(Math.max(...areas) - Math.min(...areas) > 0.4 * 2400);
});

test('mirroring twice gives the patch back, once moves the columns', (t) => {
  for (const side of [4, 5]) {
    const patch = randomPatch(side);
    const before = patch.slice();
    flipHorizontally(patch, side);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) t.is(patch[(y * side + x) * 3 + 1], before[(y * side + side - 1 - x) * 3 + 1]);
    }
    flipHorizontally(patch, side);
    t.deepEqual(patch, before);
  }
});

test('quarter turns go counter-clockwise, lose nothing and add up', (t) => {
  const patch = new Float32Array(3 * 3 * 3);
  copyCrop(createPicture(3, 3), { x: 0, y: 0 }, 3, patch);
  const before = patch.slice();
  rotateQuarters(patch, 3, 1);
  t.deepEqual(placesOf(patch).slice(0, 3), [[0, 2], [1, 2], [2, 2]]);
  for (const [first, second] of [[1, 3], [2, 2], [3, 1]] as const) {
    const turned = before.slice();
    rotateQuarters(turned, 3, first);
    t.notDeepEqual(turned, before);
    rotateQuarters(turned, 3, second);
    t.deepEqual(turned, before);
  }
});

test('gray and split patches have three equal channels: the luma, or the one that was kept', (t) => {
  const patch = Float32Array.of(10, 20, 30, 200, 100, 0);
  const split = patch.slice();
  splitChannel(split, 1);
  t.deepEqual([...split], [20, 20, 20, 100, 100, 100]);
  toGrayscale(patch);
  t.true(Math.abs(patch[0]! - (2.99 + 11.74 + 3.42)) < 1e-4);
  t.deepEqual(patch[0], patch[2]);
});

test('colour jitter of strength 0 changes nothing; of strength 0.5 it stays in range and depends on its stream alone', (t) => {
  const patch = randomPatch(6);
  const same = patch.slice();
  jitterColour(same, createRandom({ seed: 1, epoch: 0, sample: 0, purpose: 'jitter' }), 0);
  t.true(same.every((value, i) => Math.abs(value - patch[i]!) < 1e-3));
  const jittered = [1, 1, 2].map((sample) => {
    const changed = patch.slice();
    jitterColour(changed, createRandom({ seed: 1, epoch: 0, sample, purpose: 'jitter' }), 0.5);
    return changed;
  });
  t.true(jittered.every((values) => values.every((value) => value >= 0 && value <= 255)));
  t.deepEqual(jittered[0], jittered[1]);
  t.notDeepEqual(jittered[0], jittered[2]);
  t.notDeepEqual(jittered[0], patch);
});

test('fixed normalisation is linear in each channel', (t) => {
  const patch = Float32Array.of(0, 0, 0, 255, 255, 255);
  normaliseFixed(patch);
  t.true(Math.abs(patch[0]! + 0.485 / 0.229) < 1e-5 && Math.abs(patch[5]! - (1 - 0.406) / 0.225) < 1e-5);
});

test('patch normalisation leaves mean 0 and deviation 1, whatever the brightness and contrast, and flat patches flat', (t) => {
  const patch = randomPatch(8);
  const dimmed = patch.map((value) => 40 + 0.4 * value);
  normalisePatch(patch);
  normalisePatch(dimmed);
  const mean = patch.reduce((a, b) => a + b) / patch.length;
  const variance = patch.reduce((sum, value) => sum + value * value, 0) / patch.length;
  t.true(Math.abs(mean) < 1e-5 && Math.abs(variance - 1) < 1e-4);
  t.true(patch.every((value, i) => Math.abs(value - dimmed[i]!) < 1e-4));
  const flat = new Float32Array(12).fill(90);
  normalisePatch(flat);
  t.true(flat.every((value) => value === 0));
});

test('of a long picture any part is shown, at no less than the largest size that fits; one of usual shape falls back to its centre', (t) => {
  const random = createRandom({ seed: 1, epoch: 0, sample: 0, purpose: 'test boxes' });
  for (const [height, width] of [[20, 80], [80, 20], [36, 64]] as const) {
    const picture = createPicture(height, width);
    const boxes = Array.from({ length: 200 }, () => drawBox(picture, random, 0.7));
    for (const box of boxes) {
      t.true(box.x >= 0 && box.y >= 0 && box.x + box.width <= width + 1e-9 && box.y + box.height <= height + 1e-9);
      t.true(box.width * box.height > 0.74 * Math.min(height, width) ** 2);
    }
    const starts = boxes.map(({ x, y }) => (width > height ? x / (width - height) : y / (height - width)));
    t.true(Math.min(...starts) < 0.1 && Math.max(...starts) > 0.75, `${height} x ${width}`);
  }
  // Most draws fit none of 9 areas of 10 here, and the central square stands for those, as it always did.
  const boxes = Array.from({ length: 200 }, () => drawBox(createPicture(30, 40), random, 0.9));
  const { x } = centralBox(createPicture(30, 40));
  t.true(boxes.some((box) => box.width === 30 && box.x === x));
});
