// Collapse is seen in what tasks that compare views measure of themselves, and a healthy run shows none.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../../worker/backends/index.js';
import { IS_LONG, ONLY_LONG } from '../../../helpers/learning.js';
import { skipWithReason } from '../../../helpers/test-data.js';
import { createAlike, createStripes, learnViews, type ViewLesson } from '../../../helpers/view-learning.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

async function hasCollapsed(lesson: ViewLesson): Promise<boolean> {
  const { embeddingDeviation, effectiveRank } = await learnViews(lesson);
  return [embeddingDeviation!, effectiveRank!].some(({ mean, collapsed }) => mean < collapsed!);
}

const ALIKE = { numTrain: 200, pictureOf: createAlike, steps: 60 };
const STRIPES = { pictureOf: createStripes, steps: 60 };

test('SimSiam collapses at ten times its rate on pictures that are nearly alike, and not as it is on others', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  t.true(await hasCollapsed({ ...ALIKE, name: 'simsiam', rate: 0.03 }));
  t.false(await hasCollapsed({ ...STRIPES, name: 'simsiam' }));
});

test('VICReg collapses without its variance term, and not as it is, even on pictures that are nearly alike', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  t.true(await hasCollapsed({ ...STRIPES, name: 'vicreg', rate: 0.03, options: { variance: 0, norm: 'none' } }));
  t.false(await hasCollapsed({ ...ALIKE, name: 'vicreg' }));
});
