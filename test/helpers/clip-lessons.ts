// Short trainings of tasks of frames on made clips, in which a test knows what there is to learn.

import type { ExecutionContext, TestFn } from 'ava';
import { createRandom, type Random } from '../../shared/random/random.js';
import type { Frames } from '../../worker/decode/frames.js';
import type { MetricScore } from '../../worker/evaluate/pretext.js';
import type { TaskName } from '../../worker/tasks/puzzles.js';
import { createClip, type ClipSize } from './clips.js';
import { errorsAbove, learn, mediaFrom, ONLY_LONG } from './learning.js';
import { IS_LONG } from './long.js';
import { partsOf } from './recipes.js';
import { skipWithReason } from './test-data.js';

export const SIZE: ClipSize = { numFrames: 20, height: 28, width: 28 };
const SIDE = 24;
const SQUARE = 9;
export const FPS = 10;

export interface ClipLesson {
  readonly task: object;
  readonly createFrames: (item: number) => Frames;
  readonly steps: number;
}

export const streamOf = (item: number): Random => createRandom({ seed: 7, epoch: 0, sample: item, purpose: 'test clips' });

/** A textured square over a textured ground; `placeAt` says how far along its way it is at each frame, 0..1. */
export function createMovingClip(item: number, placeAt: (frame: number) => number): Frames {
  const random = streamOf(item);
  const { height, width, numFrames } = SIZE;
  const ground = Uint8Array.from({ length: height * width }, () => 60 + random.int(50));
  const square = Uint8Array.from({ length: SQUARE * SQUARE }, () => 170 + random.int(80));
  const [fromY, toY] = [random.int(height - SQUARE), random.int(height - SQUARE)];
  const isFlipped = random.chance(0.5);
  const room = width - SQUARE;
  const places = Array.from({ length: numFrames }, (_, frame) => {
    const along = placeAt(frame);
    return { x: Math.round(isFlipped ? room - along * room : along * room), y: Math.round(fromY + along * (toY - fromY)) };
  });
  return createClip(SIZE, (frame, y, x) => {
    const [row, column] = [y - places[frame]!.y, x - places[frame]!.x];
    const isInside = row >= 0 && row < SQUARE && column >= 0 && column < SQUARE;
    return isInside ? square[row * SQUARE + column]! : ground[y * width + x]!;
  });
}

/** At one speed throughout. */
const createSteadyClip = (item: number): Frames => createMovingClip(item, (frame) => frame / (SIZE.numFrames - 1));

/** Noise whose brightness climbs: all that there is to learn is a fade. */
function createFade(item: number): Frames {
  const random = streamOf(item);
  return createClip(SIZE, (frame) => 40 + 7 * frame + random.int(30));
}

const NUM_TRAIN = 200;
const NUM_TEST = 60;
const PUZZLES_PER_ITEM = 4;
const NUM_PUZZLES = NUM_TEST * PUZZLES_PER_ITEM;
/** Trainings share the machine's cores. */
const TIMEOUT_MS = 300_000;

/** What is measured on clips that were held out. */
export async function learnClips({ task, createFrames, steps }: ClipLesson): Promise<Readonly<Record<string, MetricScore>>> {
  const parts = partsOf({
    data: { root: '/data', source: 'video-folder', side: SIDE, shortSide: 28, fps: FPS }, seed: 1, steps, task,
    model: { name: 'convnet', options: { width: 16, stages: 3 } },
    optimizer: { name: 'adamw', learningRate: 0.003, schedule: { name: 'one-cycle' } },
    batch: { microbatches: 1, microbatchSize: 16 },
  });
  const mediaOf = mediaFrom(createFrames);
  const { metrics } = await learn({ parts, mediaOf: (item) => ({ ...mediaOf(item), fps: FPS }), numTrain: NUM_TRAIN, numTest: NUM_TEST, puzzlesPerItem: PUZZLES_PER_ITEM });
  return metrics;
}

/** Whether this is not the long suite, which alone trains; says so in the log. */
export function isSkipped(t: ExecutionContext): boolean {
  if (!IS_LONG) skipWithReason(t, ONLY_LONG);
  return !IS_LONG;
}

/** How many standard errors of a guesser the metric lies above chance. */
const errorsAboveChance = ({ mean, chance }: MetricScore): number => errorsAbove(mean, chance!, NUM_PUZZLES);

export interface ClipsTask {
  readonly name: TaskName;
  /** What it learns, in words. */
  readonly learns: string;
  /** Default: accuracy. */
  readonly metric?: string;
  /** Its options where something moves. */
  readonly learnt: object;
  /** Its options where there is a fade alone. */
  readonly guarded: object;
  /** The guards that a fade gets past where they are off. Default: normalise. */
  readonly open?: object;
  /** Clips in which something moves. Default: at one speed. */
  readonly createFrames?: (item: number) => Frames;
}

/** Two tests that train, for `npm run test:long`. */
export function testClips(test: TestFn, given: ClipsTask): void {
  const { name, learns, metric = 'accuracy', learnt, guarded, open = { normalise: false }, createFrames = createSteadyClip } = given;
  const scoreOf = async (lesson: Omit<ClipLesson, 'task'>, options: object): Promise<MetricScore> => (await learnClips({ ...lesson, task: { name, options } }))[metric]!;

  test(`${name}: ${learns} is learnt where something moves`, async (t) => {
    if (isSkipped(t)) return;
    t.timeout(TIMEOUT_MS);
    const score = await scoreOf({ createFrames, steps: 250 }, learnt);
    t.log(`${(score.mean * 100).toFixed(1)} %, chance ${(score.chance! * 100).toFixed(1)} %`);
    t.true(errorsAboveChance(score) > 5, String(score.mean));
  });

  test(`${name}: a fade teaches nothing with normalisation, and all without`, async (t) => {
    if (isSkipped(t)) return;
    t.timeout(TIMEOUT_MS);
    const learnFade = async (options: object): Promise<number> => errorsAboveChance(await scoreOf({ createFrames: createFade, steps: 100 }, options));
    const withGuards = await learnFade(guarded);
    t.true(withGuards < 3, `guarded: ${withGuards} standard errors above chance`);
    const without = await learnFade({ ...guarded, guards: open });
    t.true(without > 5, `open: ${without} standard errors above chance`);
  });
}
