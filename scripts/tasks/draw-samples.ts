// Puzzles drawn from real files, as a run would draw them, with what they were drawn from.

import { chooseTrained } from '../../coordinator/run/name-classes.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { messageOf } from '../../shared/errors/pretext-error.js';
import { createRandom } from '../../shared/random/random.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { createArrays } from '../../worker/augment/arrays.js';
import { sliceSample } from '../../worker/augment/prepare-samples.js';
import { bindRecipe } from '../../worker/bind-recipe.js';
import { createLocalFiles } from '../../worker/data/item-files.js';
import { openDecoder } from '../../worker/data/open-decoder.js';
import { countChannels, type Frames } from '../../worker/decode/frames.js';
import { explainPuzzle } from '../../worker/tasks/explain-puzzle.js';
import type { Arrays, Puzzle, ShownArray } from '../../worker/tasks/task.js';
import { spread } from '../data/spread.js';
import { listFolder } from './list-folder.js';

export interface DrawnSample {
  readonly path: string;
  /** Some frames of what it was drawn from. */
  readonly before: ShownArray;
  /** What was drawn, by name; none where no puzzle can be made of the file, and why. */
  readonly after: Readonly<Record<string, ShownArray>>;
  readonly answer?: string;
  readonly problem?: string;
}

const MOST_FRAMES = 4;

/** One puzzle from each of `count` files, evenly spaced over those that are trained on. Throws PretextError where a run could not start. */
export async function drawSamples(given: Recipe, count: number, signal: AbortSignal): Promise<DrawnSample[]> {
  const { recipe, items } = await listFolder(given, signal);
  const { items: trained, labels } = chooseTrained(recipe, items);
  const { puzzle } = bindRecipe(recipe, trained.length);
  const { root, links } = recipe.data;
  const files = createLocalFiles(root, { links });
  const decoder = await openDecoder(recipe.data, { openItem: (item) => files.open(item), soundHz: puzzle.needs.soundHz, masks: puzzle.needs.mask, cacheBytes: 0, concurrency: 1 });
  try {
    const samples: DrawnSample[] = [];
    for (const item of spread(trained, count)) {
      const { path, index } = item;
      const media = await decoder.decode(item, Math.floor(decoder.numSegments(item) / 2)).catch((error: unknown) => messageOf(error));
      if (typeof media === 'string') {
        samples.push({ path, before: NOTHING, after: {}, problem: media });
        continue;
      }
      const { arrays } = createArrays(puzzle, 1);
      const out = sliceSample(arrays, 0, 1);
      const { label, labels: several } = labels?.get(index) ?? {};
      const isDrawn = puzzle.draw({ ...media, ...dropUndefined({ label, labels: several }) }, createRandom({ seed: recipe.seed, epoch: 0, sample: index, purpose: 'puzzle' }), out);
      const before = showFrames(media.frames);
      samples.push(isDrawn ? { path, before, ...explain(puzzle, out) } : { path, before, after: {}, problem: 'no puzzle can be made of it' });
    }
    return samples;
  } finally {
    await decoder.dispose();
    await files.dispose();
  }
}

const NOTHING: ShownArray = { shape: [0], values: new Uint8Array(0) };

/** Evenly spaced frames. */
function showFrames(frames: Frames): ShownArray {
  const { dataNHWC, numFrames, height, width } = frames;
  const channels = countChannels(frames);
  const length = height * width * channels;
  const count = Math.min(numFrames, MOST_FRAMES);
  const values = new Uint8Array(count * length);
  for (let i = 0; i < count; i++) {
    const frame = Math.floor(((i + 0.5) * numFrames) / count);
    values.set(dataNHWC.subarray(frame * length, (frame + 1) * length), i * length);
  }
  return { shape: [count, height, width, channels], values };
}

function explain(puzzle: Puzzle, drawn: Arrays): Pick<DrawnSample, 'after' | 'answer'> {
  const { answer, shown } = explainPuzzle(puzzle, drawn);
  return { after: shown, ...(answer !== '' && { answer }) };
}
