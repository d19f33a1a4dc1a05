// Pictures of other than three channels: every task and every model takes them, or refuses with the reason.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { initValues } from '../../shared/state/init.js';
import { createRandom } from '../../shared/random/random.js';
import { createArrays } from '../../worker/augment/arrays.js';
import { flipHorizontally } from '../../worker/augment/ops/flip.js';
import { copyResized } from '../../worker/augment/ops/resized-crop.js';
import { rotateQuarters } from '../../worker/augment/ops/rotate90.js';
import { sliceSample } from '../../worker/augment/prepare-samples.js';
import { backends } from '../../worker/backends/index.js';
import { normaliseBytes } from '../../worker/backends/ops.js';
import { bindRecipe, readRecipe } from '../../worker/bind-recipe.js';
import { toBatch } from '../../worker/compute/batch.js';
import { createNet } from '../../worker/compute/net.js';
import type { Media } from '../../worker/decode/media.js';
import { modelShapes, type ModelName } from '../../worker/models/shapes.js';
import { puzzles, type TaskName } from '../../worker/tasks/puzzles.js';
import { createMedia } from '../helpers/media.js';
import { partsOf } from '../helpers/recipes.js';

const test = anyTest.serial as TestFn;

const SIDE = 16;
const NUM_SAMPLES = 4;

test.before(async () => {
  await backends.simd.start();
});

interface Choice {
  readonly task: TaskName;
  readonly channels: unknown;
  readonly options?: object;
  readonly model?: ModelName;
}

const recipeOf = ({ task, channels, options = {}, model = task === 'mae' ? 'vit' : 'convnet' }: Choice): object => ({
  data: { root: '/data', source: puzzles[task].media === 'video' ? 'video-folder' : 'image-folder', side: SIDE, shortSide: SIDE + 4, channels, classes: ['a', 'b', 'c'] },
  task: { name: task, options }, batch: { microbatches: 2, microbatchSize: NUM_SAMPLES },
  model: { name: model, options: model === 'vit' ? { patch: 4, width: 12, depth: 2, heads: 2 } : { width: 4 } },
});

/** Media of other channels: each shows the grey of the made-up ones, a little brighter than the channel before. */
function withChannels(media: Media, channels: number): Media {
  const { frames } = media;
  const numPixels = frames.dataNHWC.length / 3;
  const dataNHWC = new Uint8Array(new SharedArrayBuffer(numPixels * channels));
  for (let i = 0; i < dataNHWC.length; i++) dataNHWC[i] = Math.min(frames.dataNHWC[Math.floor(i / channels) * 3]! + 3 * (i % channels), 255);
  return { ...media, frames: { ...frames, dataNHWC } };
}

/** What the repair of artifact-spotting loses in cells that are not damaged: a sample may have none. */
const OFTEN_NOTHING = 'likeness';

/** Of tasks that compare views: hues are of colours alone. */
const optionsOf = (task: TaskName): object => ('views' in (puzzles[task].options.parse({}) as object) ? { views: { hue: 0 } } : {});

/** They need colours, whatever their options. */
const colourful: readonly TaskName[] = ['colorization'];

for (const task of (Object.keys(puzzles) as TaskName[]).filter((name) => !colourful.includes(name))) {
  for (const channels of ['grey', [1, 2, 3, 4, 5, 6]]) {
    const count = channels === 'grey' ? 1 : 6;
    test(`${task} learns from pictures of ${count} channel${count === 1 ? '' : 's'}`, (t) => {
      const parts = partsOf(recipeOf({ task, channels, options: optionsOf(task) }), 20);
      const { puzzle, layout, objective, model, modelOptions } = parts;
      const { arrays, weights } = createArrays(puzzle, NUM_SAMPLES);
      for (let slot = 0; slot < NUM_SAMPLES; slot++) {
        const media = withChannels(createMedia(slot, { side: SIDE + 4, puzzle }), count);
        weights[slot] = puzzle.draw(media, createRandom({ seed: 1, epoch: 0, sample: slot, purpose: 'puzzle' }), sliceSample(arrays, slot, NUM_SAMPLES)) ? 1 : 0;
      }
      t.deepEqual([...weights], [1, 1, 1, 1]);
      const flat = initValues(layout, 1);
      tf.tidy(() => {
        const values = Object.fromEntries(layout.entries.map(({ name, shape, offset, length }) => [name, tf.tensor(flat.slice(offset, offset + length), [...shape])]));
        const net = createNet({ model, modelOptions, values });
        const batch = toBatch(puzzle, arrays, weights);
        const { terms } = objective.losses(objective.predict(batch, net), batch, net);
        for (const [name, { perSample }] of Object.entries(terms)) {
          for (const loss of perSample.dataSync()) t.true(Number.isFinite(loss) && (loss !== 0 || name === OFTEN_NOTHING), name);
        }
      });
    });
  }
}

test('the first layer of every model takes as many channels as there are', (t) => {
  for (const name of Object.keys(modelShapes) as ModelName[]) {
    const { layout } = bindRecipe(readRecipe(recipeOf({ task: 'rotation', channels: [4, 3, 2, 1], model: name })));
    const [first] = layout.entries;
    t.is(first!.shape.at(-2), 4, name);
  }
});

test('a task that needs colours refuses other channels, and says what for', (t) => {
  for (const channels of ['grey', [1, 2, 3, 4]]) {
    const error = t.throws(() => bindRecipe(readRecipe(recipeOf({ task: 'moco', channels }))), { code: 'BAD_RECIPE' });
    t.regex(error.message, /data\.channels: the task "moco" needs colours to turn their hues \(task\.options\.views\.hue=0/);
    for (const task of colourful) t.throws(() => bindRecipe(readRecipe(recipeOf({ task, channels }))), { code: 'BAD_RECIPE', message: /needs colours/ });
  }
  t.notThrows(() => bindRecipe(readRecipe(recipeOf({ task: 'moco', channels: 'rgb' }))));
});

test('means of another number than channels are refused', (t) => {
  const recipe = recipeOf({ task: 'rotation', channels: 'grey' }) as { data: object };
  t.throws(() => bindRecipe(readRecipe({ ...recipe, data: { ...recipe.data, mean: [0.1, 0.2] } })), { code: 'BAD_RECIPE', message: /data\.mean: expected 1 numbers/ });
});

test('operations move all channels of a pixel together', (t) => {
  const channels = 5;
  const picture = { dataHWC: Uint8Array.from({ length: 4 * 4 * channels }, (_, i) => Math.floor(i / channels) * 10 + (i % channels)), height: 4, width: 4 };
  const patch = new Float32Array(4 * 4 * channels);
  copyResized(picture, { x: 0, y: 0, width: 4, height: 4 }, 4, patch);
  t.deepEqual([...patch], [...picture.dataHWC]);
  flipHorizontally(patch, 4);
  t.deepEqual([...patch.subarray(0, channels)], [30, 31, 32, 33, 34]);
  flipHorizontally(patch, 4);
  rotateQuarters(patch, 4, 1);
  t.deepEqual([...patch.subarray(0, channels)], [30, 31, 32, 33, 34]);
  rotateQuarters(patch, 4, 3);
  t.deepEqual([...patch], [...picture.dataHWC]);
});

test('bytes of any channels are normalised by the moments of each', (t) => {
  tf.tidy(() => {
    const values = normaliseBytes(Uint8Array.of(0, 51, 255, 102), [2, 2], { mean: [0, 0.2], deviation: [1, 0.5] }).dataSync();
    [0, 0, 1, 0.4].forEach((expected, i) => t.true(Math.abs(values[i]! - expected) < 1e-6, `${i}: ${values[i]}`));
  });
});
