// Inpainting (Pathak, Kraehenbuehl, Donahue, Darrell, Efros 2016, "Context Encoders: Feature Learning by Inpainting"): what was taken out of a
// picture, from what is around it.

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { drawPicture } from '../../augment/draw-picture.js';
import { restoreBytes } from '../../augment/ops/normalise.js';
import { toBytes } from '../../augment/ops/to-bytes.js';
import { decoderOf, decoderOptions, decoderState } from '../../heads/decoder-state.js';
import { ANSWERS_A_PICTURE } from '../equivariance.js';
import { pictureSpec, type Arrays, type DataSizes, type Puzzle, type ShownArray, type TaskInfo } from '../task.js';
import { criticState } from './critic-state.js';
import { drawHole, fillInwards, shrink } from './holes.js';

const options = z.strictObject({
  hole: z.enum(['centre', 'blocks', 'region']).default('blocks')
    .describe('centre: a square of half the side. blocks: boxes until a quarter of the picture is covered. region: 25 to 37.5 % of it, of no shape.'),
  overlap: z.number().min(0).max(0.1).default(0.03).describe('Width of the band along a hole\'s inner border that the trunk sees and is asked for all the same, as a share of the side, rounded up to pixels.'),
  overlapWeight: z.number().min(0).max(100).default(10).describe('What a pixel of that band weighs, so that what is filled in agrees with what is around it. A pixel of the hole weighs 1.'),
  adversarial: z.number().min(0).max(0.5).default(0).describe('Share of the loss that asks to fool a critic, which learns beside it to tell filled holes from real ones: sharper pictures, no better trunk in the paper. 0: no critic; 0.001 is the paper\'s.'),
  criticWidth: z.int().min(1).max(256).default(16).describe('Channels of the critic\'s first layer.'),
  minArea: z.number().min(0.05).max(1).default(0.4).describe('Smallest crop, as a share of the picture\'s area.'),
  flip: z.boolean().default(true).describe('Mirror half of the pictures, left and right.'),
  ...decoderOptions,
});

export type InpaintingOptions = z.output<typeof options>;

/** The hole black, then as it was painted, beside the picture. */
function fillIn({ picture, hole }: Arrays, painted: Uint8Array, shape: readonly [number, number, number]): Record<string, ShownArray> {
  const mix = (inHole: (place: number) => number): Uint8Array => Uint8Array.from(picture!, (value, i) => (hole![Math.floor(i / shape[2])] === 1 ? inHole(i) : value));
  return { seen: { shape, values: mix(() => 0) }, 'filled in': { shape, values: mix((place) => painted[place]!) }, picture: { shape, values: picture! } };
}

function bind(options: InpaintingOptions, sizes: DataSizes): Puzzle {
  const { side, pixels } = sizes;
  const { hole, overlap, adversarial, criticWidth } = options;
  const band = Math.ceil(overlap * side);
  // The narrowest hole is the square in the middle, or a block of a quarter of the side.
  if (2 * band >= Math.floor(side / 4)) {
    throw new PretextError('BAD_RECIPE', `task.options.overlap: ${overlap} of a side of ${side} pixels is a band of ${band} on both sides of a hole of ${Math.floor(side / 4)}, and leaves nothing of it.`, {
      hint: 'Choose a larger data.side, or an overlap of 0.',
    });
  }
  const hasCritic = adversarial > 0;
  return {
    needs: { media: 'image' },
    arrays: {
      picture: pictureSpec(side, pixels),
      hole: { type: 'float32', shape: [side, side, 1] },
      // What each pixel weighs.
      asked: { type: 'float32', shape: [side, side, 1] },
      diffused: pictureSpec(side, pixels),
    },
    terms: ['pixels', ...(hasCritic ? ['fooling', 'critic'] : [])],
    othersTerms: ['critic'],
    equivariance: ANSWERS_A_PICTURE,
    metrics: {
      // Guessers say the mean colour of what they see, or carry the hole's border inwards.
      explained: { better: 'higher', chance: 0, ceiling: 1 },
      decibels: { better: 'higher', chance: 0 },
      overDiffusion: { better: 'higher', chance: 0 },
      ...(hasCritic && { spotted: { better: 'higher', chance: 0.5, ceiling: 1 } as const }),
    },
    state: (trunk) => [...decoderState(decoderOf(options, sizes), trunk), ...(hasCritic ? criticState(criticWidth, pixels.channels) : [])],

    draw({ frames }, random, out) {
      const patchHWC = drawPicture(frames, random, { ...options, side });
      if (!patchHWC) return false;
      toBytes(patchHWC, out['picture'] as Uint8Array);
      const [asked, blank] = [out['asked'] as Float32Array, out['hole'] as Float32Array];
      drawHole(hole, asked, side, random);
      shrink(asked, side, band, blank);
      if (!blank.includes(1)) return false;
      blank.forEach((value, i) => (asked[i] = value === 1 ? 1 : asked[i]! * options.overlapWeight));
      fillInwards(patchHWC, blank, side);
      toBytes(patchHWC, out['diffused'] as Uint8Array);
      return true;
    },

    explain: ({ picture, hole, diffused }) => ({
      answer: 'the pixels that are missing',
      shown: {
        picture: { shape: [side, side, pixels.channels], values: picture! },
        seen: { shape: [side, side, pixels.channels], values: picture!.map((value, i) => value * (1 - hole![Math.floor(i / pixels.channels)]!)) },
        'the border carried inwards': { shape: [side, side, pixels.channels], values: diffused! },
      },
    }),

    showPredicted: (drawn, { picture: made }) => fillIn(drawn, restoreBytes(made!, pixels), [side, side, pixels.channels]),
  };
}

export const inpainting: TaskInfo<InpaintingOptions> = { options, paper: 'Pathak, Kraehenbuehl, Donahue, Darrell, Efros 2016', media: 'image', bind };
