// Which kind of sound goes with the picture? (Owens, Wu, McDermott, Freeman, Torralba 2016, "Ambient Sound Provides Supervision for Visual
// Learning"; de Sa 1994, "Learning Classification with Unlabeled Data".) The label of a frame is the cluster that the sound around it is
// of. Clusters are part of the recipe: scripts/tools/cluster-sounds.ts finds them in the data, once.

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { drawPicture } from '../../augment/draw-picture.js';
import { guard } from '../../augment/guard.js';
import { jitterColour } from '../../augment/ops/colour.js';
import { countColumns, createSpectrogram } from '../../augment/ops/spectrogram.js';
import { toBytes } from '../../augment/ops/to-bytes.js';
import { describeSound, findNearest } from '../../augment/sound-statistics.js';
import { drawSecond, soundOptions, soundPictureGuards, soundPictureOptions, throwOnSound } from '../../augment/sounds.js';
import { denseState, type Dense } from '../../models/layer-state.js';
import { keepClasses } from '../equivariance.js';
import { pictureSpec, setNumber, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';

const guards = z.strictObject({
  loudness: guard('Bring every second of sound to one loudness, so that clusters are kinds of sound, not how loud a video was recorded.'),
  ...soundPictureGuards,
});

const options = z.strictObject({
  ...soundOptions,
  bands: soundOptions.bands.default(20),
  clusters: z.int().min(2).max(256).default(8).describe('Where no `centres` are given: ranges of pitch, one of which is loudest in a second of sound; at most as many as bands.'),
  centres: z.array(z.array(z.number())).max(256).default([])
    .describe('Centres of the clusters, each of 2 * bands numbers, in place of ranges of pitch. build/scripts/tools/cluster-sounds.js finds them in data.'),
  shares: z.array(z.number().min(1e-4).max(1)).max(256).default([])
    .describe('How often each cluster comes. Loss and accuracy then weigh all clusters alike, and chance is known.'),
  ...soundPictureOptions,
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type SoundClustersOptions = z.output<typeof options>;

const countClusters = ({ centres, clusters }: SoundClustersOptions): number => (centres.length > 0 ? centres.length : clusters);

/** What a sample of each cluster weighs: all clusters together weigh as much as they are many samples. */
export function weighClusters(options: SoundClustersOptions): readonly number[] {
  const count = countClusters(options);
  const total = options.shares.reduce((sum, share) => sum + share, 0);
  return Array.from({ length: count }, (_, cluster) => (total > 0 ? total / (count * options.shares[cluster]!) : 1));
}

/** The head: from the trunk's channels, averaged over places. */
export const planHead = (options: SoundClustersOptions, channels: number): Dense =>
  ({ name: 'head/clusters', numInputs: channels, numOutputs: countClusters(options), gain: 0.1 });

/** The range of pitch that is loudest. */
function findRange(described: Float64Array, { bands, clusters }: SoundClustersOptions): number {
  const means = described.subarray(0, bands);
  return Math.floor((means.indexOf(Math.max(...means)) * clusters) / bands);
}

function throwOnMisfit(given: SoundClustersOptions): void {
  const { bands, clusters, centres, shares } = given;
  throwOnSound(given);
  if (centres.length === 1 || centres.some((centre) => centre.length !== 2 * bands)) {
    throw new PretextError('BAD_RECIPE', `task.options.centres: expected two centres or more, each of ${2 * bands} numbers, for there are ${bands} bands.`);
  }
  if (centres.length === 0 && clusters > bands) throw new PretextError('BAD_RECIPE', `task.options.clusters: ${clusters} ranges of pitch are more than ${bands} bands.`);
  if (shares.length > 0 && shares.length !== countClusters(given)) {
    throw new PretextError('BAD_RECIPE', `task.options.shares: ${shares.length} numbers for ${countClusters(given)} clusters.`);
  }
}

function bind(given: SoundClustersOptions, { side, pixels }: DataSizes): Puzzle {
  throwOnMisfit(given);
  const { bands, rateHz, centres } = given;
  const count = countClusters(given);
  const spectrogram = createSpectrogram(given);
  const numColumns = countColumns(Math.round(given.seconds * rateHz), given);
  return {
    needs: { media: 'video', soundHz: rateHz },
    arrays: { picture: pictureSpec(side, pixels), cluster: { type: 'int32', shape: [1] } },
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(count) },
    equivariance: { cluster: keepClasses('cluster', count) },
    // Without shares nobody knows how often the most frequent cluster comes.
    metrics: given.shares.length > 0 ? { balancedAccuracy: { better: 'higher', chance: 1 / count, ceiling: 1 } } : { accuracy: { better: 'higher', ceiling: 1 } },
    state: ({ channels }) => denseState(planHead(given, channels)),

    draw(media, random, out) {
      const second = drawSecond(media, random, given);
      if (second === undefined) return false;
      const columns = new Float32Array(numColumns * bands);
      spectrogram.write(second.samples, given.guards.loudness ? 1 / second.level : 1, columns);
      const described = describeSound(columns, bands);
      setNumber(out['cluster'], centres.length > 0 ? findNearest(described, centres) : findRange(described, given));
      const patchHWC = drawPicture(media.frames, random, { ...given, side, randomCrop: given.guards.randomCrop, frame: second.frame });
      if (!patchHWC) return false;
      if (given.colourJitter > 0) jitterColour(patchHWC, random, given.colourJitter, pixels.channels);
      toBytes(patchHWC, out['picture'] as Uint8Array);
      return true;
    },
    explain: ({ picture, cluster }) => ({
      answer: `a sound of cluster ${cluster![0]!}`,
      shown: { picture: { shape: [side, side, pixels.channels], values: picture! } },
    }),
  };
}

export const soundClusters: TaskInfo<SoundClustersOptions> = { options, paper: 'Owens, Wu, McDermott, Freeman, Torralba 2016; de Sa 1994', media: 'video', bind };
