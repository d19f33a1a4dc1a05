// Collapse is seen before half of the steps, and a run that learns is not called collapsed: VICReg with wrong weights and SimSiam with ten
// times its rate on 200 near-identical pictures, VICReg without its variance term on pictures that differ, and each as it should be on those.

import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { addStep, NO_PROGRESS, type Progress } from '../../../../coordinator/observe/progress.js';
import { judge, type Verdict } from '../../../../coordinator/observe/verdict.js';
import { createRandom } from '../../../../shared/random/random.js';
import { backends } from '../../../../worker/backends/index.js';
import { readRecipe } from '../../../../worker/bind-recipe.js';
import { describeLearning } from '../../../../worker/describe-learning.js';
import type { MicrobatchResult } from '../../../../worker/compute/trainer.js';
import type { Frames } from '../../../../worker/decode/frames.js';
import { learn, mediaFrom, ONLY_LONG } from '../../../helpers/learning.js';
import { IS_LONG } from '../../../helpers/long.js';
import { partsOf } from '../../../helpers/recipes.js';
import { skipWithReason } from '../../../helpers/test-data.js';

const test = anyTest.serial as TestFn;

const NUM_PICTURES = 200;
const SIDE = 36;
const BATCH = 64;
const STEPS = 80;
const CHANGED = 60;

/** Stripes of two colours; each key has its own colours, width and direction. */
function drawStripes(key: number): Frames {
  const random = createRandom({ seed: 1, epoch: 0, sample: key, purpose: 'stripes' });
  const colours = [0, 1].map(() => Array.from({ length: 3 }, () => random.int(256)));
  const [angle, frequency] = [random.uniform(0, Math.PI), random.uniform(0.2, 2)];
  const dataNHWC = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const [y, x] = [Math.floor(i / 3 / SIDE), Math.floor(i / 3) % SIDE];
    return colours[Math.sin(frequency * (x * Math.cos(angle) + y * Math.sin(angle))) > 0 ? 1 : 0]![i % 3]!;
  });
  return { dataNHWC, numFrames: 1, height: SIDE, width: SIDE };
}

/** One picture, of which a few bytes are a little brighter. */
function drawNearlyTheSame(item: number): Frames {
  const random = createRandom({ seed: 2, epoch: 0, sample: item, purpose: 'changes' });
  const { dataNHWC, ...rest } = drawStripes(0);
  const changed = Uint8Array.from(dataNHWC);
  for (let i = 0; i < CHANGED; i++) {
    const place = random.int(changed.length);
    changed[place] = Math.min(255, changed[place]! + 10);
  }
  return { ...rest, dataNHWC: changed };
}

const meansOf = (sums: MicrobatchResult['metrics']): [string, number][] => Object.entries(sums).map(([name, { sum, weight }]) => [name, sum / weight]);

/** The verdicts of a training, one a window. */
async function judgeTraining(given: object, drawPicture: (item: number) => Frames): Promise<readonly Verdict[]> {
  const recipe = {
    data: { root: '/data', side: 24, shortSide: 28 }, steps: STEPS, batch: { microbatches: 1, microbatchSize: BATCH }, ...given,
  };
  const complete = readRecipe(recipe);
  const verdicts: Verdict[] = [];
  let progress: Progress = NO_PROGRESS;
  await learn({
    parts: partsOf(recipe, NUM_PICTURES), mediaOf: mediaFrom(drawPicture), numTrain: NUM_PICTURES, numTest: 0,
    onStep(step, { terms, metrics }) {
      const before = progress.windows.length;
      const loss = meansOf(terms).reduce((sum, [, mean]) => sum + mean, 0);
      progress = addStep(progress, { step, steps: STEPS, samples: BATCH, totals: { loss, terms: Object.fromEntries(meansOf(terms)), metrics: Object.fromEntries(meansOf(metrics)), unusable: [] } });
      if (progress.windows.length > before) verdicts.push(judge(progress.windows, describeLearning(complete, NUM_PICTURES))!);
    },
  });
  return verdicts;
}

const ADAMW = { name: 'adamw', learningRate: 0.002, schedule: { name: 'one-cycle' } };

test.before(async () => {
  if (IS_LONG) await backends.simd.start();
});

interface Expected {
  readonly drawPicture: (item: number) => Frames;
  readonly isCollapsed: boolean;
}

function check(title: string, given: object, { drawPicture, isCollapsed }: Expected): void {
  test(title, async (t: ExecutionContext) => {
    t.timeout(300_000);
    if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
    const verdicts = await judgeTraining(given, drawPicture);
    t.log(verdicts.map(({ step, kind }) => `${step} ${kind}`).join(', '));
    t.log(verdicts.at(-1)!.text);
    const early = verdicts.filter(({ step }) => step < STEPS / 2).some(({ kind }) => kind === 'collapsed');
    t.is(early, isCollapsed);
    t.is(verdicts.at(-1)!.kind, isCollapsed ? 'collapsed' : 'learning');
  });
}

const FAST = { ...ADAMW, learningRate: 10 * ADAMW.learningRate };
const ALIKE = { drawPicture: drawNearlyTheSame, isCollapsed: true };
const HEALTHY = { drawPicture: drawStripes, isCollapsed: false };

check('VICReg with the weights 100 and 100 on near-identical pictures collapses', { task: { name: 'vicreg', options: { variance: 100, covariance: 100 } }, optimizer: ADAMW }, ALIKE);
check('VICReg without its variance term collapses on pictures that differ', { task: { name: 'vicreg', options: { variance: 0, norm: 'none' } }, optimizer: FAST }, { drawPicture: drawStripes, isCollapsed: true });
check('VICReg on pictures that differ learns', { task: { name: 'vicreg' }, optimizer: ADAMW }, HEALTHY);
check('SimSiam with tenfold rate on near-identical pictures collapses', { task: { name: 'simsiam' }, optimizer: FAST }, ALIKE);
check('SimSiam on pictures that differ learns', { task: { name: 'simsiam' }, optimizer: ADAMW }, HEALTHY);
