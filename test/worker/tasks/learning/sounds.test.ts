// What tasks of sound learn in a minute on made clips: the pitch that goes with a texture, and nothing where pitch and texture are drawn apart.

import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { backends } from '../../../../worker/backends/index.js';
import type { Media } from '../../../../worker/decode/media.js';
import { createClip } from '../../../helpers/clips.js';
import { FPS, isSkipped, SIZE, streamOf } from '../../../helpers/clip-lessons.js';
import { errorsAbove, learn } from '../../../helpers/learning.js';
import { partsOf } from '../../../helpers/recipes.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const RATE_HZ = 8000;
const PITCHES_HZ = [200, 600, 1200, 2400];
const NUM_TEST = 60;
const PUZZLES = 2;

/** What a clip shows of its kind: stripes as wide as the kind says, or as wide as they come; or stripes that are the same for all, but for where they begin. */
type Shows = 'width' | 'nothing' | 'place';

/** Period of the stripes that begin at a place, in pixels. */
const PERIOD = 8;

function createSounding(item: number, shows: Shows): Media {
  const random = streamOf(item);
  const kind = random.int(4);
  const shown = shows === 'nothing' ? random.int(4) : kind;
  const grey = 60 + random.int(60);
  const isDark = (frame: number, y: number, x: number): boolean => (shows === 'place' ? (y + shown * (PERIOD / 4)) % PERIOD < PERIOD / 2 : Math.floor((x + y + frame) / (2 + 2 * shown)) % 2 === 0);
  const frames = createClip(SIZE, (frame, y, x) => (isDark(frame, y, x) ? grey : grey + 90));
  const samples = Float32Array.from({ length: (RATE_HZ * SIZE.numFrames) / FPS }, (_, i) => 0.3 * Math.sin((2 * Math.PI * PITCHES_HZ[kind]! * i) / RATE_HZ));
  return { frames, item, fps: FPS, sound: { samples, rateHz: RATE_HZ } };
}

const HEARD = { seconds: 0.5, rateHz: RATE_HZ, window: 256, bands: 16 };

/** A guesser's accuracy, and how many answers are drawn apart from each other. */
interface Guesser {
  readonly chance: number;
  readonly numAnswers: number;
}

interface SoundTask {
  readonly name: string;
  readonly options: object;
}

/** How many standard errors the accuracy lies above a guesser's. */
async function learnSounds({ name, options }: SoundTask, { chance, numAnswers }: Guesser, shows: Shows): Promise<number> {
  const parts = partsOf({
    data: { root: '/data', source: 'video-folder', side: 24, shortSide: 28, fps: FPS }, seed: 1, steps: 200,
    task: { name, options: { ...HEARD, ...options } },
    model: { name: 'convnet', options: { width: 16, stages: 3 } },
    optimizer: { name: 'adamw', learningRate: 0.003, schedule: { name: 'one-cycle' } },
    batch: { microbatches: 1, microbatchSize: 16 },
  });
  const made = new Map<number, Media>();
  const mediaOf = (item: number): Media => {
    if (!made.has(item)) made.set(item, createSounding(item, shows));
    return made.get(item)!;
  };
  const { metrics } = await learn({ parts, mediaOf, numTrain: 300, numTest: NUM_TEST, puzzlesPerItem: PUZZLES });
  return errorsAbove(metrics['accuracy']!.mean, chance, numAnswers);
}

async function checkSounds(t: ExecutionContext, task: SoundTask, guesser: Guesser): Promise<void> {
  if (isSkipped(t)) return;
  t.timeout(300_000);
  const belonging = await learnSounds(task, guesser, 'width');
  const strange = await learnSounds(task, guesser, 'nothing');
  t.log(`standard errors above chance: ${belonging.toFixed(1)} where they belong together, ${strange.toFixed(1)} where they do not`);
  t.true(belonging > 5, `${belonging} standard errors above chance`);
  t.true(strange < 4, `${strange} standard errors above chance`);
}

/** The pitch that goes with where stripes begin is learnt without random crops, and less with them: large crops begin where the picture does. */
async function checkCrops(t: ExecutionContext, task: SoundTask, guesser: Guesser): Promise<void> {
  if (isSkipped(t)) return;
  t.timeout(300_000);
  const guarded = await learnSounds(task, guesser, 'place');
  const open = await learnSounds({ ...task, options: { ...task.options, guards: { randomCrop: false } } }, guesser, 'place');
  t.log(`standard errors above chance: ${guarded.toFixed(1)} with the guard, ${open.toFixed(1)} without`);
  t.true(open > 5, `${open} standard errors above chance`);
  t.true(guarded < 0.8 * open, `${guarded} standard errors above chance`);
}

const clusters: SoundTask = { name: 'sound-clusters', options: { clusters: 16 } };
// The most frequent kind of sound is a quarter of all, and puzzles of one item have one answer.
const ofClusters: Guesser = { chance: 0.25, numAnswers: NUM_TEST };

const match: SoundTask = { name: 'sound-match', options: { soundWidth: 8, soundStages: 2, embedding: 16 } };
// Whether it matches is drawn for each puzzle. A quarter of the others sound alike: seven in eight is what can be reached.
const ofMatch: Guesser = { chance: 0.5, numAnswers: NUM_TEST * PUZZLES };

test('sound-clusters: the pitch that goes with a texture is learnt, and nothing is learnt where pitch and texture are drawn apart', (t) => checkSounds(t, clusters, ofClusters));

test('sound-match: so is whether pitch and texture go together', (t) => checkSounds(t, match, ofMatch));

test('sound-clusters: the pitch that goes with where stripes begin is learnt without random crops, and less with them', (t) => checkCrops(t, clusters, ofClusters));

test('sound-match: so is whether pitch and stripes go together', (t) => checkCrops(t, match, ofMatch));
