// Autoencoding (Hinton and Salakhutdinov 2006, "Reducing the Dimensionality of Data with Neural Networks"): the picture again, through few
// numbers; and its denoising form (Vincent, Larochelle, Bengio, Manzagol 2008, "Extracting and Composing Robust Features with Denoising
// Autoencoders"): the clean picture of a damaged one.

import { z } from 'zod';
import { drawPicture } from '../../augment/draw-picture.js';
import { restoreBytes } from '../../augment/ops/normalise.js';
import { toBytes } from '../../augment/ops/to-bytes.js';
import type { Random } from '../../../shared/random/random.js';
import { decoderOf, decoderOptions, decoderState } from '../../heads/decoder-state.js';
import { ANSWERS_A_PICTURE } from '../equivariance.js';
import { pictureSpec, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';

const share = (what: string): z.ZodDefault<z.ZodNumber> => z.number().min(0).max(0.95).default(0).describe(what);

const options = z.strictObject({
  code: z.int().min(0).max(8192).default(128).describe('Numbers that all of a picture goes through: the difficulty, fewer are harder. 0: as many as the last feature map has.'),
  noise: z.number().min(0).max(1).default(0).describe('Deviation of the noise on what the trunk sees, nearly Gaussian, as a share of full brightness: 0.1 to 0.25 is usual.'),
  masked: share('Share of the pixels that the trunk sees black, all channels together.'),
  saltAndPepper: share('Share of the pixels that the trunk sees black or white.'),
  minArea: z.number().min(0.05).max(1).default(0.4).describe('Smallest crop, as a share of the picture\'s area.'),
  flip: z.boolean().default(true).describe('Mirror half of the pictures, left and right.'),
  ...decoderOptions,
});

export type AutoencoderOptions = z.output<typeof options>;

/** The denoising form: the trunk sees other than what is wanted. */
export const isDenoising = ({ noise, masked, saltAndPepper }: AutoencoderOptions): boolean => noise > 0 || masked > 0 || saltAndPepper > 0;

const SQRT_3 = Math.sqrt(3);

/** Sum of four even draws, of mean 0 and deviation 1: no power or root, whose bits engines may disagree on. */
const almostNormal = (random: Random): number => (random.float() + random.float() + random.float() + random.float() - 2) * SQRT_3;

/** Damages a patch in place, pixel by pixel. */
function damage(patchHWC: Float32Array, random: Random, channels: number, { noise, masked, saltAndPepper }: AutoencoderOptions): void {
  for (let start = 0; start < patchHWC.length; start += channels) {
    const pixel = patchHWC.subarray(start, start + channels);
    if (noise > 0) for (let c = 0; c < channels; c++) pixel[c]! += 255 * noise * almostNormal(random);
    if (masked > 0 && random.chance(masked)) pixel.fill(0);
    if (saltAndPepper > 0 && random.chance(saltAndPepper)) pixel.fill(random.chance(0.5) ? 255 : 0);
  }
}

function bind(options: AutoencoderOptions, sizes: DataSizes): Puzzle {
  const { side, pixels } = sizes;
  const denoises = isDenoising(options);
  return {
    needs: { media: 'image' },
    arrays: { picture: pictureSpec(side, pixels), ...(denoises && { seen: pictureSpec(side, pixels) }) },
    terms: ['pixels'],
    equivariance: ANSWERS_A_PICTURE,
    metrics: {
      // A guesser says each picture's mean colour.
      explained: { better: 'higher', chance: 0, ceiling: 1 },
      // A guesser says what it sees.
      ...(denoises && { cleaned: { better: 'higher', chance: 0, ceiling: 1 } as const }),
    },
    state: (trunk) => decoderState(decoderOf(options, sizes), trunk),

    draw({ frames }, random, out) {
      const patchHWC = drawPicture(frames, random, { ...options, side });
      if (!patchHWC) return false;
      toBytes(patchHWC, out['picture'] as Uint8Array);
      if (!denoises) return true;
      damage(patchHWC, random, pixels.channels, options);
      toBytes(patchHWC, out['seen'] as Uint8Array);
      return true;
    },

    explain: () => ({ answer: denoises ? 'the picture, clean' : 'the picture again' }),
    showPredicted: ({ picture, seen }, { picture: made }) => {
      const shape = [side, side, pixels.channels];
      return { ...(seen && { seen: { shape, values: seen } }), 'as it is painted': { shape, values: restoreBytes(made!, pixels) }, picture: { shape, values: picture! } };
    },
  };
}

export const autoencoder: TaskInfo<AutoencoderOptions> = {
  options, paper: 'Hinton and Salakhutdinov 2006; Vincent, Larochelle, Bengio, Manzagol 2008', media: 'image', bind,
};
