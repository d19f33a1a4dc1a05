// Intersection over union of all pixels, by hand and by sets.

import test from 'ava';
import { createPixelCounter } from '../../../worker/evaluate/segmentation.js';
import { freshRandom } from '../../helpers/numerics.js';

test('a worked case: pixels of all pictures count alike, unknown ones and those of other classes not at all', (t) => {
  const counter = createPixelCounter(['ground', 'cat', 'dog', 'eel']);
  counter.add([0, 0, 0, 1, -1, 255, 7], [0, 0, 1, 1, 1, 1, 1]);
  counter.add([2, 2, 0], [1, 3, 0]);
  counter.add([-1, 255], [0, 0]);
  t.deepEqual(counter.describe(), {
    numPictures: 2, numPixels: 7, pixelAccuracy: 4 / 7,
    // The class that none is of counts nowhere, though a pixel was taken for it.
    meanIou: (3 / 4 + 1 / 3 + 0) / 3,
    chance: { meanIou: 4 / 7 / 3, pixelAccuracy: 4 / 7 },
    classes: [
      { name: 'ground', support: 4, told: 3, iou: 3 / 4 }, { name: 'cat', support: 1, told: 3, iou: 1 / 3 },
      { name: 'dog', support: 2, told: 0, iou: 0 }, { name: 'eel', support: 0, told: 1, iou: null },
    ],
    mostConfused: { label: 'ground', guess: 'cat', count: 1 },
  });
});

test('without a known pixel there is nothing to say, and with none mistaken nothing is named', (t) => {
  const counter = createPixelCounter(['a', 'b']);
  counter.add([-1, 255], [0, 1]);
  t.is(counter.describe(), undefined);
  counter.add([0, 1], [0, 1]);
  t.false('mostConfused' in counter.describe()!);
  t.is(counter.describe()!.meanIou, 1);
});

test('the mean over classes is that of the sets of all pixels, not of pictures', (t) => {
  const { random } = freshRandom();
  const names = ['a', 'b', 'c', 'd', 'e'];
  const pictures = Array.from({ length: 9 }, (_, i) => {
    const mask = Array.from({ length: 40 + 10 * i }, () => random.int(6) - 1);
    return { mask, told: mask.map((number) => (random.chance(0.6) ? Math.max(0, number) : random.int(5))) };
  });
  const counter = createPixelCounter(names);
  for (const { mask, told } of pictures) counter.add(mask, told);
  const { meanIou, classes, pixelAccuracy } = counter.describe()!;
  const pixels = pictures.flatMap(({ mask, told }) => mask.map((number, i) => ({ number, guess: told[i]! }))).filter(({ number }) => number >= 0);
  const ious = names.map((_, k) => pixels.filter(({ number, guess }) => number === k && guess === k).length / pixels.filter(({ number, guess }) => number === k || guess === k).length);
  classes.forEach(({ iou }, k) => { t.true(Math.abs(iou! - ious[k]!) < 1e-12); });
  t.true(Math.abs(meanIou - ious.reduce((sum, iou) => sum + iou / 5, 0)) < 1e-12);
  t.true(Math.abs(pixelAccuracy - pixels.filter(({ number, guess }) => number === guess).length / pixels.length) < 1e-12);
});
