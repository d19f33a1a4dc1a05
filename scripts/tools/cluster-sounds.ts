// Finds the clusters of sounds that task sound-clusters takes its labels from, and prints the recipe with them: from then on they are part of
// the recipe, and so of its hash. `node build/scripts/tools/cluster-sounds.js RECIPE DATA CLUSTERS > NEW_RECIPE`

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Document, parse, visit } from 'yaml';
import { detectSource, sources } from '../../shared/datasets/index.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { createRandom } from '../../shared/random/random.js';
import { isMap } from '../../shared/recipe/plain.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { countColumns, createSpectrogram } from '../../worker/augment/ops/spectrogram.js';
import { describeSound } from '../../worker/augment/sound-statistics.js';
import { drawSecond } from '../../worker/augment/sounds.js';
import { readRecipe } from '../../worker/bind-recipe.js';
import { createLocalFiles } from '../../worker/data/item-files.js';
import { openDecoder } from '../../worker/data/open-decoder.js';
import type { Media } from '../../worker/decode/media.js';
import type { SoundClustersOptions } from '../../worker/tasks/sound-clusters/puzzle.js';
import { findClusters, type Clusters } from './cluster-sounds/k-means.js';

/** Seconds that are listened to of each segment of a video. */
const SECONDS_PER_SEGMENT = 4;
const DECODES_AT_ONCE = 2;
/** Digits behind the point: a recipe is for people too. */
const DIGITS = 3;

/** Statistics of some seconds of each video that is trained on; videos without sound give none. */
async function listen(recipe: Recipe, options: SoundClustersOptions): Promise<Float64Array[]> {
  const { root, holdout, links, list } = recipe.data;
  const { items } = await sources['video-folder'].list(root, { holdout, links, list, seed: recipe.seed, signal: new AbortController().signal });
  const decoder = await openDecoder(recipe.data, { openItem: createLocalFiles(root, { links }).open, soundHz: options.rateHz, cacheBytes: 0, concurrency: DECODES_AT_ONCE });
  const spectrogram = createSpectrogram(options);
  const columns = new Float32Array(countColumns(Math.round(options.seconds * options.rateHz), options) * options.bands);
  const describe = (media: Media, sample: number): Float64Array[] => {
    const random = createRandom({ seed: recipe.seed, epoch: 0, sample, purpose: 'cluster sounds' });
    return Array.from({ length: SECONDS_PER_SEGMENT }).flatMap(() => {
      const second = drawSecond(media, random, options);
      if (second === undefined) return [];
      spectrogram.write(second.samples, options.guards.loudness ? 1 / second.level : 1, columns);
      return [describeSound(columns, options.bands)];
    });
  };
  const points: Float64Array[] = [];
  try {
    for (const item of items.filter(({ split }) => split === 'train')) {
      for (let segment = 0; segment < decoder.numSegments(item); segment++) {
        const media = await decoder.decode(item, segment).catch((error: unknown) => void process.stderr.write(`${item.path}: ${messageOf(error)}\n`));
        if (media) points.push(...describe(media, item.index));
      }
    }
  } finally {
    await decoder.dispose();
  }
  return points;
}

const round = (value: number): number => Number(value.toFixed(DIGITS));

/** The recipe with clusters of what is heard in the data. Throws PretextError DATA_UNUSABLE where there is too little to hear. */
export async function clusterSounds(text: string, root: string, count: number): Promise<string> {
  const given: unknown = parse(text) ?? {};
  const plain = isMap(given) ? given : {};
  const task = isMap(plain['task']) ? plain['task'] : {};
  const own = isMap(task['options']) ? task['options'] : {};
  const source = await detectSource(root, {});
  const data = { ...(isMap(plain['data']) ? plain['data'] : {}), root, source };
  const recipe = readRecipe({ ...plain, data, task: { name: 'sound-clusters', options: { ...own, centres: [], shares: [] } } });
  const points = await listen(recipe, recipe.task.options as unknown as SoundClustersOptions);
  if (points.length < count) throw new PretextError('DATA_UNUSABLE', `"${root}" has ${points.length} seconds with sound, too few for ${count} clusters.`);
  const { centres, shares }: Clusters = findClusters(points, count, createRandom({ seed: recipe.seed, epoch: 0, sample: 0, purpose: 'clusters' }));
  const options = { ...own, centres: centres.map((centre) => Array.from(centre, round)), shares: shares.map(round) };
  const document = new Document({ ...plain, task: { name: 'sound-clusters', options } });
  visit(document, { Seq: (_key, list) => void (list.flow = true) });
  return document.toString({ lineWidth: 160 });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [recipe, data, count] = process.argv.slice(2);
  if (recipe === undefined || data === undefined || count === undefined) throw new Error('expected RECIPE DATA CLUSTERS');
  process.stdout.write(await clusterSounds(await readFile(recipe, 'utf8'), resolve(data), Number(count)));
}
