// Retrieval by angles, and what chance reaches.

import test from 'ava';
import { stackFeatures } from '../../../worker/evaluate/feature-set.js';
import { chanceOfRetrieval, RECALLS_AT, scoreRetrieval } from '../../../worker/evaluate/retrieval.js';
import { freshRandom, normals } from '../../helpers/numerics.js';

const at = (degrees: number): Float32Array => Float32Array.of(5 * Math.cos((degrees * Math.PI) / 180), 5 * Math.sin((degrees * Math.PI) / 180));

test('a clip counts from the place of the first one of its class on', (t) => {
  const train = stackFeatures(Array.from({ length: 30 }, (_, i) => at(3 * i)), Array.from({ length: 30 }, (_, i) => (i === 0 ? 0 : i < 5 ? 1 : i < 12 ? 2 : 3)));
  // From 0 degrees on, class 0 is first, class 1 second, class 2 sixth, class 3 thirteenth; class 4 is not there at all.
  const asked = stackFeatures([0, 1, 2, 3, 4].map(() => at(0)), [0, 1, 2, 3, 4]);
  t.deepEqual(scoreRetrieval(train, asked), [{ nearest: 1, recall: 1 / 5 }, { nearest: 5, recall: 2 / 5 }, { nearest: 10, recall: 3 / 5 }, { nearest: 20, recall: 4 / 5 }]);
});

const choose = (n: number, k: number): number => Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((a, b) => a * b, 1);

test('chance is that of drawing without putting back', (t) => {
  const train = Int32Array.from({ length: 40 }, (_, i) => (i < 4 ? 0 : i < 15 ? 1 : 2));
  const tested = Int32Array.of(0, 0, 1, 2, 7);
  const expected = RECALLS_AT.map((k) => [4, 4, 11, 25, 0].reduce((sum, count) => sum + (1 - choose(40 - count, k) / choose(40, k)) / 5, 0));
  chanceOfRetrieval(train, tested).forEach(({ recall }, i) => t.true(Math.abs(recall - expected[i]!) < 1e-12));
  // Where there are fewer than are drawn, all of them are found.
  t.deepEqual(chanceOfRetrieval(Int32Array.of(0, 1), Int32Array.of(0)).map(({ recall }) => recall), [0.5, 1, 1, 1]);
});

test('features that mean nothing retrieve as chance does', (t) => {
  const { random } = freshRandom();
  const draw = (size: number) => stackFeatures(Array.from({ length: size }, () => normals(random, 8)), Array.from({ length: size }, () => random.int(10)));
  const [train, tested] = [draw(100), draw(400)];
  const chance = chanceOfRetrieval(train.labels, tested.labels);
  scoreRetrieval(train, tested).forEach(({ recall }, i) => t.true(Math.abs(recall - chance[i]!.recall) < 6 * Math.sqrt(0.25 / 400), `${recall} ${chance[i]!.recall}`));
});
