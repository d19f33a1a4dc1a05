// Masked autoencoding (He, Chen, Xie, Li, Dollar, Girshick 2022, "Masked Autoencoders Are Scalable Vision Learners"): most patches
// of a picture are hidden, the trunk sees the others alone, and a small decoder fills in the pixels of the hidden ones.

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import type { StateSpec } from '../../../shared/state/spec.js';
import { drawPicture } from '../../augment/draw-picture.js';
import { restoreBytes } from '../../augment/ops/normalise.js';
import { toBytes } from '../../augment/ops/to-bytes.js';
import { denseState, type Dense } from '../../models/layer-state.js';
import { blockState, layerNormState, type Block } from '../../models/transformer-state.js';
import type { ChannelMoments } from '../../pixels.js';
import { ANSWERS_A_PICTURE } from '../equivariance.js';
import { pictureSpec, type DataSizes, type Puzzle, type TaskInfo, type TypedArray } from '../task.js';

const options = z.strictObject({
  maskRatio: z.number().gt(0).lt(1).default(0.75).describe('Share of the patches that are hidden, 0..1: the difficulty.'),
  minArea: z.number().min(0.05).max(1).default(0.2).describe('Smallest crop, as a share of the picture\'s area.'),
  flip: z.boolean().default(true).describe('Mirror half of the pictures, left and right.'),
  normalisePixels: z.boolean().default(true).describe('Bring the pixels of each patch to mean 0 and deviation 1 before they are predicted, so that detail counts.'),
  decoderWidth: z.int().min(4).max(4096).multipleOf(4).default(96).describe('Numbers of a token in the decoder; a multiple of 4 and of its heads.'),
  decoderDepth: z.int().min(1).max(16).default(2).describe('Blocks of the decoder.'),
  decoderHeads: z.int().min(1).max(64).default(3).describe('Heads of the attention in the decoder.'),
});

export type MaeOptions = z.output<typeof options>;

export interface PatchGrid {
  /** Side of a patch, in pixels. */
  readonly patch: number;
  /** Numbers of a pixel. */
  readonly channels: number;
  readonly numPatches: number;
  readonly numVisible: number;
}

/** Throws PretextError BAD_RECIPE where the model cannot leave out patches, or where all or none would be hidden. */
export function gridOf({ maskRatio }: MaeOptions, { side, patch, pixels }: DataSizes): PatchGrid {
  if (patch === undefined) {
    throw new PretextError('BAD_RECIPE', 'model.name: mae hides patches, expected a model that can leave them out.', { hint: 'Choose the model vit (--set model.name=vit).' });
  }
  const numPatches = (side / patch) ** 2;
  const numVisible = Math.round((1 - maskRatio) * numPatches);
  if (numVisible < 1 || numVisible === numPatches) {
    throw new PretextError('BAD_RECIPE', `task.options.maskRatio: ${maskRatio} of ${numPatches} patches leaves ${numVisible} of them to be seen, expected some to be seen and some hidden.`);
  }
  return { patch, channels: pixels.channels, numPatches, numVisible };
}

export interface DecoderLayers {
  readonly embed: Dense;
  readonly blocks: readonly Block[];
  readonly pixels: Dense;
}

export const MASK_TOKEN = 'head/mask';
export const DECODER_NORM = 'head/norm';

const MLP_RATIO = 4;

export function planDecoder({ decoderWidth: width, decoderDepth, decoderHeads: heads }: MaeOptions, trunkChannels: number, { patch, channels }: PatchGrid): DecoderLayers {
  return {
    embed: { name: 'head/embed', numInputs: trunkChannels, numOutputs: width },
    blocks: Array.from({ length: decoderDepth }, (_, b): Block => ({ name: `head/block${b + 1}`, width, heads, ratio: MLP_RATIO })),
    pixels: { name: 'head/pixels', numInputs: width, numOutputs: patch * patch * channels, gain: 0.1 },
  };
}

function decoderState(options: MaeOptions, trunkChannels: number, grid: PatchGrid): StateSpec[] {
  const { decoderWidth } = options;
  const { embed, blocks, pixels } = planDecoder(options, trunkChannels, grid);
  const mask: StateSpec = { kind: 'trained', name: MASK_TOKEN, shape: [decoderWidth], decay: false, init: { kind: 'uniform', bound: 0.035 } };
  return [...denseState(embed), mask, ...blocks.flatMap(blockState), ...layerNormState(DECODER_NORM, decoderWidth), ...denseState(pixels)];
}

const HIDDEN_GREY = 128;

/** A copy of a picture, [side, side, C], in which only some patches are seen. */
function keepPatches(pictureHWC: TypedArray, visible: TypedArray, { patch, channels, numPatches }: PatchGrid): Uint8Array {
  const across = Math.sqrt(numPatches);
  const row = across * patch * channels;
  const kept = new Uint8Array(pictureHWC.length).fill(HIDDEN_GREY);
  for (const number of visible) {
    const start = Math.floor(number / across) * patch * row + (number % across) * patch * channels;
    for (let y = 0; y < patch; y++) kept.set(pictureHWC.subarray(start + y * row, start + y * row + patch * channels), start + y * row);
  }
  return kept;
}

interface Seen {
  readonly picture: Uint8Array;
  readonly visible: Int32Array;
  /** [L, P], as they were predicted. */
  readonly patches: Float32Array;
}

/** What is visible as it is, the others as predicted; without moments by the mean and deviation of each patch, which are not predicted then. */
function paintHidden({ picture, visible, patches }: Seen, { patch, channels, numPatches }: PatchGrid, moments: ChannelMoments | undefined): Uint8Array {
  const across = Math.sqrt(numPatches);
  const painted = Uint8Array.from(picture);
  for (let number = 0; number < numPatches; number++) {
    if (visible.includes(number)) continue;
    const places = Array.from({ length: patch * patch * channels }, (_, i) => {
      const [y, x] = [Math.floor(number / across) * patch + Math.floor(i / (patch * channels)), (number % across) * patch + Math.floor(i / channels) % patch];
      return (y * across * patch + x) * channels + (i % channels);
    });
    const predicted = patches.subarray(number * places.length, (number + 1) * places.length);
    const bytes = moments ? restoreBytes(predicted, moments) : stretchTo(predicted, places.map((place) => picture[place]!));
    places.forEach((place, i) => (painted[place] = bytes[i]!));
  }
  return painted;
}

/** Numbers of mean 0 and deviation 1 with the mean and deviation of others. */
function stretchTo(values: Float32Array, like: readonly number[]): Uint8Array {
  const mean = like.reduce((sum, value) => sum + value, 0) / like.length;
  const deviation = Math.sqrt(like.reduce((sum, value) => sum + (value - mean) ** 2, 0) / like.length);
  return restoreBytes(values, { mean: [mean / 255], deviation: [deviation / 255] });
}

function bind(options: MaeOptions, sizes: DataSizes): Puzzle {
  const { side, pixels } = sizes;
  const grid = gridOf(options, sizes);
  const { numPatches, numVisible } = grid;
  if (options.decoderWidth % options.decoderHeads !== 0) {
    throw new PretextError('BAD_RECIPE', `task.options.decoderHeads: ${options.decoderHeads} heads do not divide a width of ${options.decoderWidth}.`);
  }
  return {
    needs: { media: 'image' },
    arrays: { picture: pictureSpec(side, pixels), visible: { type: 'int32', shape: [numVisible] } },
    terms: ['pixels'],
    equivariance: ANSWERS_A_PICTURE,
    ...(options.normalisePixels && { chanceLosses: { pixels: 1 } }),
    // A guesser says the mean of every patch.
    metrics: { explained: { better: 'higher', chance: 0, ceiling: 1 } },
    state: ({ channels }) => decoderState(options, channels, grid),

    draw({ frames }, random, out) {
      const patchHWC = drawPicture(frames, random, { ...options, side });
      if (!patchHWC) return false;
      toBytes(patchHWC, out['picture'] as Uint8Array);
      out['visible']!.set(random.permutation(numPatches).subarray(0, numVisible).sort());
      return true;
    },

    explain: ({ picture, visible }) => ({
      answer: `the ${numPatches - numVisible} hidden patches of ${numPatches}${options.normalisePixels ? ', whose brightness and contrast are given' : ''}`,
      shown: {
        seen: { shape: [side, side, pixels.channels], values: keepPatches(picture!, visible!, grid) },
        whole: { shape: [side, side, pixels.channels], values: picture! },
      },
    }),

    showPredicted({ picture, visible }, { patches }) {
      const shape = [side, side, pixels.channels];
      const painted = paintHidden({ picture: picture as Uint8Array, visible: visible as Int32Array, patches: patches! }, grid, options.normalisePixels ? undefined : pixels);
      return {
        seen: { shape, values: keepPatches(picture!, visible!, grid) },
        'filled in': { shape, values: painted },
        whole: { shape, values: picture! },
      };
    },
  };
}

export const mae: TaskInfo<MaeOptions> = { options, paper: 'He, Chen, Xie, Li, Dollar, Girshick 2022', media: 'image', needsPatches: true, bind };
