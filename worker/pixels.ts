// What the numbers of a pixel are, by a recipe: how many there are, whether they are colours, what they are normalised by. Loads no
// tensor library.

import { countChannels, LUMA, type Channels, type PixelChoice } from '../shared/datasets/pictures/to-bytes.js';
import { PretextError } from '../shared/errors/pretext-error.js';
import type { Recipe } from '../shared/recipe/schema.js';
import { DEVIATION, MEAN } from './backends/photographs.js';

/** Mean and deviation of each channel, as shares of white. */
export interface ChannelMoments {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export interface Pixels extends ChannelMoments {
  readonly channels: number;
  /** True where the channels are red, green and blue. */
  readonly isColour: boolean;
}

export const PHOTOGRAPHS: Pixels = { channels: 3, isColour: true, mean: MEAN, deviation: DEVIATION };

/** Of a band that nothing is known of. */
const PLAIN = { mean: 0.5, deviation: 0.25 };
const GREY: ChannelMoments = { mean: [MEAN.reduce((sum, mean, c) => sum + LUMA[c]! * mean, 0)], deviation: [DEVIATION[1]] };

function usualMoments(channels: Channels): ChannelMoments {
  if (channels === 'rgb') return PHOTOGRAPHS;
  if (channels === 'grey') return GREY;
  return { mean: channels.map((band) => MEAN[band - 1] ?? PLAIN.mean), deviation: channels.map((band) => DEVIATION[band - 1] ?? PLAIN.deviation) };
}

/** The channels as numbers: `all` is a list once a run is prepared. */
function resolvedChannels(channels: Recipe['data']['channels']): Channels {
  if (channels !== 'all') return channels;
  throw new PretextError('BAD_RECIPE', 'data.channels: `all` becomes a list of bands when a run is prepared, expected that list here.');
}

/** What the decoder makes of a picture. */
export const pixelChoiceOf = ({ channels, range }: Recipe['data']): PixelChoice => ({ channels: resolvedChannels(channels), range });

/** Throws PretextError BAD_RECIPE where there are means or deviations for another number of channels. */
export function pixelsOf({ channels: given, mean, deviation }: Recipe['data']): Pixels {
  const channels = resolvedChannels(given);
  const usual = usualMoments(channels);
  const numChannels = countChannels(channels);
  for (const [key, list] of Object.entries({ mean, deviation })) {
    if (list !== undefined && list.length !== numChannels) throw new PretextError('BAD_RECIPE', `data.${key}: expected ${numChannels} numbers, one for each channel, given ${list.length}.`);
  }
  return { channels: numChannels, isColour: channels === 'rgb', mean: mean ?? usual.mean, deviation: deviation ?? usual.deviation };
}
