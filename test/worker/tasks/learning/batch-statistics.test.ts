// What the statistics of a microbatch give away: query and key are drawn apart, so that all that a pair shares is the microbatch that it was in.

import anyTest, { type TestFn } from 'ava';
import { createRandom, type Random } from '../../../../shared/random/random.js';
import { initState } from '../../../../shared/state/init.js';
import { backends } from '../../../../worker/backends/index.js';
import { createTrainer } from '../../../../worker/compute/trainer.js';
import { ONLY_LONG } from '../../../helpers/learning.js';
import { IS_LONG } from '../../../helpers/long.js';
import { partsOf } from '../../../helpers/recipes.js';
import { skipWithReason } from '../../../helpers/test-data.js';

const test = anyTest.serial as TestFn;

const SIDE = 12;
const BATCH = 8;
const QUEUE = 128;
const STEPS = 240;
const LAST = 60;
const CHANNELS = 3;
const PICTURE = SIDE * SIDE * CHANNELS;
const LIGHT = 255;

test.before(async () => {
  if (IS_LONG) await backends.simd.start();
});

/** Of each of red, green and blue whether a picture has it, which is rare. Most are black. */
const drawColour = (random: Random): readonly number[] => [0, 1, 2].map(() => (random.chance(1 / BATCH) ? LIGHT : 0));

/** Pictures of one colour each, one after the other. */
const paint = (colours: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from({ length: BATCH * PICTURE }, (_, i) => colours[Math.floor(i / PICTURE)]![i % CHANNELS]!);

/**
 * The query of a sample has its own colour, the key that of the next one. The two tell nothing of each other, but a microbatch has the same
 * colours in both, and batch norm takes their mean off all its pictures: what is black shows what the others are.
 */
function drawStep(step: number): { readonly query: Uint8Array; readonly key: Uint8Array } {
  const random = createRandom({ seed: 5, epoch: step, sample: 0, purpose: 'test colours' });
  const colours = Array.from({ length: BATCH }, () => drawColour(random));
  return { query: paint(colours), key: paint(colours.map((_colour, sample) => colours[(sample + 1) % BATCH]!)) };
}

/** Mean loss of the last steps. */
async function learnPairs(norm: string, guards: object): Promise<number> {
  const parts = partsOf({
    data: { root: '/data', side: SIDE, shortSide: SIDE }, seed: 1, steps: STEPS,
    task: { name: 'moco', options: { queue: QUEUE, hidden: 32, dims: 16, temperature: 0.1, guards } }, model: { name: 'convnet', options: { width: 8, stages: 2, norm } },
    optimizer: { name: 'adamw', learningRate: 0.003, schedule: { name: 'one-cycle' } }, batch: { microbatches: 1, microbatchSize: BATCH },
  }, STEPS);
  const trainer = createTrainer(parts);
  trainer.load(initState(parts.layout, parts.seed));
  const gradient = new Float32Array(parts.layout.gradientLength);
  const weights = new Float32Array(BATCH).fill(1);
  let sum = 0;
  for (let step = 1; step <= STEPS; step++) {
    const result = await trainer.computeGradient({ step, microbatch: 0, arrays: drawStep(step), weights }, gradient);
    trainer.update({ step, gradientSum: gradient, weights: result.weights });
    if (step > STEPS - LAST) sum += result.terms['infoNce']!.sum;
  }
  trainer.dispose();
  return sum / (LAST * BATCH);
}

const CHANCE = Math.log(1 + QUEUE);

test('a pair that shares its microbatch alone is told from others by batch norm without the guard, and not with it, nor by group norm', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const open = await learnPairs('batch', { statistics: false });
  const guarded = await learnPairs('batch', {});
  const group = await learnPairs('group', {});
  t.log(`a guesser loses ${CHANCE.toFixed(3)}: open ${open.toFixed(3)}, guarded ${guarded.toFixed(3)}, group norm ${group.toFixed(3)}`);
  t.true(open < CHANCE - 0.3, `open ${open}`);
  t.true(guarded > CHANCE - 0.1, `guarded ${guarded}`);
  t.true(group > CHANCE - 0.1, `group ${group}`);
});
