// Does the sound belong to the picture? (Arandjelovic and Zisserman 2017, "Look, Listen and Learn": audio-visual correspondence.)
// A frame and the second of sound around it, or another video's second. Drawn here is one video alone; whose sound a sample hears
// instead of its own is decided in its microbatch (partners.ts), where all sounds went through the same decoder and the same steps.

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { drawPicture } from '../../augment/draw-picture.js';
import { guard } from '../../augment/guard.js';
import { jitterColour } from '../../augment/ops/colour.js';
import { countColumns, createSpectrogram } from '../../augment/ops/spectrogram.js';
import { toBytes } from '../../augment/ops/to-bytes.js';
import { drawSecond, soundOptions, soundPictureGuards, soundPictureOptions, throwOnSound } from '../../augment/sounds.js';
import { keepClasses } from '../equivariance.js';
import { pictureSpec, setNumber, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';
import { headState, planHead } from './head.js';

const guards = z.strictObject({
  loudness: guard('Bring every second of sound to one loudness, so that how loud a video was recorded does not give it away.'),
  ...soundPictureGuards,
});

const options = z.strictObject({
  ...soundOptions,
  ...soundPictureOptions,
  soundWidth: z.int().min(1).max(512).default(16).describe('Channels of the first stage of the network for sound; each later stage has twice as many.'),
  soundStages: z.int().min(1).max(5).default(3).describe('Stages of the network for sound; each halves moments and bands.'),
  embedding: z.int().min(1).max(4096).default(64).describe('Numbers that picture and sound are each brought to, to be compared.'),
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type SoundMatchOptions = z.output<typeof options>;

/** Throws PretextError BAD_RECIPE where no spectrogram or no pair can be made. */
function throwOnMisfit(options: SoundMatchOptions, { microbatchSize }: DataSizes): void {
  if (microbatchSize < 2) {
    throw new PretextError('BAD_RECIPE', 'batch.microbatchSize: sound-match takes the sound that does not match from another sample of the microbatch, expected 2 or more, given 1.');
  }
  throwOnSound(options);
}

function bind(options: SoundMatchOptions, sizes: DataSizes): Puzzle {
  throwOnMisfit(options, sizes);
  const { side, pixels } = sizes;
  const { guards, bands, rateHz } = options;
  const spectrogram = createSpectrogram(options);
  const numColumns = countColumns(Math.round(options.seconds * rateHz), options);
  return {
    needs: { media: 'video', soundHz: rateHz },
    arrays: {
      picture: pictureSpec(side, pixels),
      spectrogram: { type: 'float32', shape: [numColumns, bands, 1] },
      /** 1: the sample shall hear its own sound; 0: its partner's. */
      match: { type: 'int32', shape: [1] },
      item: { type: 'int32', shape: [1] },
    },
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(2) },
    equivariance: { match: keepClasses('match', 2) },
    metrics: { accuracy: { better: 'higher', chance: 0.5, ceiling: 1 } },
    state: ({ channels }) => headState(planHead(options, bands, channels)),

    draw(media, random, out) {
      const second = drawSecond(media, random, options);
      if (second === undefined) return false;
      const patchHWC = drawPicture(media.frames, random, { ...options, side, randomCrop: guards.randomCrop, frame: second.frame });
      if (!patchHWC) return false;
      if (options.colourJitter > 0) jitterColour(patchHWC, random, options.colourJitter, pixels.channels);
      toBytes(patchHWC, out['picture'] as Uint8Array);
      spectrogram.write(second.samples, guards.loudness ? 1 / second.level : 1, out['spectrogram'] as Float32Array);
      setNumber(out['match'], random.chance(0.5) ? 1 : 0);
      setNumber(out['item'], media.item);
      return true;
    },
    explain: ({ picture, spectrogram, match }) => ({
      answer: match![0] === 1 ? 'its own sound' : 'gets the sound of another sample of its microbatch',
      shown: {
        picture: { shape: [side, side, pixels.channels], values: picture! },
        'spectrogram, time downwards': { shape: [numColumns, bands, 1], values: spectrogram! },
      },
    }),
  };
}

export const soundMatch: TaskInfo<SoundMatchOptions> = { options, paper: 'Arandjelovic and Zisserman 2017', media: 'video', bind };
