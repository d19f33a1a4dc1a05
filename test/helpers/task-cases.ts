// Every task of the registry with small sizes, and with more options than the defaults: for suites that try all of them.

import type { TrainerParts } from '../../worker/compute/build-parts.js';
import { puzzles, type TaskName } from '../../worker/tasks/puzzles.js';
import { partsOf } from './recipes.js';

export const SIDE = 16;
export const NUM_SAMPLES = 6;
/** Items that are trained on. */
const NUM_INSTANCES = 20;

export interface Case {
  readonly name: TaskName;
  readonly options: object;
}

/** Centres of sounds that are loud in one of eight bands. */
const peaks = Array.from({ length: 8 }, (_, band) => Array.from({ length: 16 }, (_value, i) => (i === band ? 8 : 0)));

/** Options to try besides the defaults, small ones where the defaults are large. */
const more: Partial<Record<TaskName, readonly object[]>> = {
  'arrow-of-time': [{ numFrames: 2, frameUnits: 5, pairUnits: 3, grid: 2, guards: { bars: false, normalise: false } }],
  'artifact-spotting': [{ kept: 0.6, maskWeight: 1, likeness: 1, hidden: 6, dropout: 0.3, decoderWidth: 3, guards: { reconstructed: false } }],
  autoencoder: [{ code: 0, noise: 0.1, masked: 0.25, saltAndPepper: 0.1, decoderWidth: 3 }],
  byol: [{ hidden: 7, dims: 5, predictorHidden: 4, momentum: { start: 0.5 } }, { hidden: 6, dims: 5, predictorHidden: 4, norm: 'none' }],
  colorization: [{ step: 20, neighbours: 3, sigma: 12, hidden: 5, scale: 2, uniform: 1 }],
  lejepa: [{ hidden: 7, dims: 5, directions: 6, weight: 0.3 }, { hidden: 6, dims: 5, norm: 'none', crops: { global: 3, local: 0 } }],
  mae: [{ decoderWidth: 8, decoderHeads: 2, decoderDepth: 1, normalisePixels: false }],
  classify: [{ frames: 3, smoothing: 0.1, annealing: 'linear', colourJitter: 0 }, { mixup: 0.4, classWeights: 'balanced', smoothing: 0.2 }],
  'future-frame': [{ numFrames: 2, horizonS: 0.3, gradients: 0, decoderWidth: 3 }],
  'frame-order': [{ numFrames: 3, frameUnits: 5, pairUnits: 3, grid: 2, dropout: 0.3 }],
  inpainting: [{ hole: 'region', overlap: 0, decoderWidth: 3 }, { hole: 'centre', adversarial: 0.3, criticWidth: 4, decoderWidth: 3 }],
  instance: [{ negatives: 5, dims: 5, temperature: 0.5 }, { negatives: 19, head: 'mlp', hidden: 6, dims: 3 }],
  jigsaw: [{ grid: 2, patchSide: 10, permutations: 5, patchUnits: 5, hidden: 6, dropout: 0.3 }],
  moco: [{ queue: 7, hidden: 6, dims: 5, temperature: 0.5 }, { queue: 40, head: 'linear', dims: 3, momentum: { start: 0.5 } }],
  pace: [{ paces: 2, numFrames: 3, frameUnits: 5, pairUnits: 3, grid: 2, guards: { colour: false, normalise: false } }],
  pirl: [{ negatives: 5, dims: 5, temperature: 0.5, share: 0.3 }, { transform: 'rotation', negatives: 19, dims: 4 }],
  'relative-location': [{ patchUnits: 5, hidden: 6, dropout: 0.3, gap: 0, flip: false, guards: { oneChannel: false, normalise: false } }],
  'multi-label': [{ classWeights: 'balanced', frames: 2 }, { mixup: 0.4, smoothing: 0.2 }],
  'odd-one-out': [{ sequences: 3, numFrames: 6, units: 5, hidden: 4, grid: 2, dropout: 0.3, guards: { normalise: false, scale: false } }],
  'order-verification': [{ span: 8, positives: 0.5, frameUnits: 5, pairUnits: 3, grid: 2, guards: { bars: false, normalise: false } }],
  segment: [{ width: 5, smoothing: 0.1, classWeights: 'balanced', colourJitter: 0 }],
  simclr: [{ temperature: 0.5, hidden: 7, dims: 5 }, { head: 'linear', dims: 4 }],
  simsiam: [{ hidden: 7, dims: 5, predictorHidden: 4 }, { hidden: 6, dims: 5, predictorHidden: 4, norm: 'none' }],
  'sound-clusters': [{ seconds: 0.5, rateHz: 8000, window: 256, bands: 8, centres: peaks, shares: [0.2, 0.3, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05], guards: { loudness: false } }],
  'sound-match': [{ seconds: 0.5, rateHz: 8000, window: 256, bands: 24, soundWidth: 3, soundStages: 2, embedding: 5, guards: { loudness: false } }],
  vicreg: [{ hidden: 7, dims: 5 }, { hidden: 6, dims: 9, norm: 'none', variance: 5, covariance: 2 }],
};

export const names = Object.keys(puzzles) as TaskName[];
export const cases: readonly Case[] = names.flatMap((name) => [{}, ...(more[name] ?? [])].map((options) => ({ name, options })));

export const describeCase = ({ name, options }: Case): string => `${name} ${JSON.stringify(options)}`;

/** The model that the task can be tried with: one that can leave out patches where it needs that. */
const modelOf = (name: TaskName): object => {
  const needsPatches = 'needsPatches' in puzzles[name] && puzzles[name].needsPatches === true;
  return needsPatches ? { name: 'vit', options: { patch: 4, width: 12, depth: 2, heads: 2 } } : { name: 'convnet', options: { width: 3, stages: 2 } };
};

/** A small recipe with the task. */
export const recipeOfCase = ({ name, options }: Case, microbatches: number) => ({
  data: { root: '/data', source: puzzles[name].media === 'video' ? 'video-folder' : 'image-folder', side: SIDE, shortSide: SIDE + 4, classes: ['a', 'b', 'c'], classShares: [0.5, 0.3, 0.2] },
  task: { name, options }, model: modelOf(name), batch: { microbatches, microbatchSize: NUM_SAMPLES },
});

export const buildCase = (given: Case, microbatches = 2): TrainerParts => partsOf(recipeOfCase(given, microbatches), NUM_INSTANCES);
