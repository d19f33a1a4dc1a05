// A decoder of what a recipe says of its data.

import { locateFfmpeg } from '../../shared/datasets/ffmpeg.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { createDecoder, type Decoder, type DecoderOptions } from '../decode/decoder.js';
import { pixelChoiceOf } from '../pixels.js';

export interface OpenDecoderOptions extends Pick<DecoderOptions, 'openItem' | 'cacheBytes' | 'concurrency'> {
  readonly soundHz: number | undefined;
  readonly masks?: boolean | undefined;
  /** What is to be said of the ffmpeg that was found. */
  onWarning?(ffmpeg: string, warning: string): void;
}

/** Dispose it. Throws PretextError FFMPEG_ABSENT where videos cannot be decoded. */
export async function openDecoder(data: Recipe['data'], { soundHz, masks, onWarning, ...options }: OpenDecoderOptions): Promise<Decoder> {
  const ffmpeg = data.source === 'video-folder' ? await locateFfmpeg() : undefined;
  if (ffmpeg?.warning !== undefined) onWarning?.(ffmpeg.ffmpeg, ffmpeg.warning);
  const { fps, segmentS, shortSide } = data;
  return createDecoder({
    ...options, clip: { fps, segmentS, shortSide }, imageShortSide: shortSide, pixels: pixelChoiceOf(data), ...dropUndefined({ ffmpeg, soundHz, masks }),
  });
}
