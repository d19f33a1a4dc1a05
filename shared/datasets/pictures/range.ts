// Which values become black and white: as `data.range` says, as the file says, or as the type allows.

import type { Limits, SampleType } from './raster.js';

/** One for all channels, or one for each. */
export type ChannelLimits = readonly Limits[];

/** `data.range` of a recipe. `auto` and percentiles are numbers once a run is prepared; until then they mean `full`. */
export type DataRange =
  | 'auto'
  | 'full'
  | { readonly bits: number }
  | { readonly percentiles: readonly [number, number] }
  | { readonly limits: ChannelLimits }
  | { readonly types: Readonly<Partial<Record<SampleType, ChannelLimits>>> }
  | readonly [number, number];

export const FULL_LIMITS: Readonly<Record<SampleType, Limits>> = {
  uint8: [0, 255], int8: [-128, 127],
  uint16: [0, 65_535], int16: [-32_768, 32_767],
  uint32: [0, 4_294_967_295], int32: [-2_147_483_648, 2_147_483_647],
  float32: [0, 1], float64: [0, 1],
};

/** What `bits` of depth hold; a type of fewer bits is full. */
function limitsOfBits(bits: number, type: SampleType): Limits {
  const full = FULL_LIMITS[type];
  if (type.startsWith('float')) return [0, 2 ** bits - 1];
  return full[0] < 0 ? [Math.max(-(2 ** (bits - 1)), full[0]), Math.min(2 ** (bits - 1) - 1, full[1])] : [0, Math.min(2 ** bits - 1, full[1])];
}

/** Black and white of a channel, counted from 0. `own` is what the file says. */
export function limitsOf(range: DataRange, type: SampleType, channel: number, own?: Limits): Limits {
  const pick = (limits: ChannelLimits | undefined): Limits | undefined => limits?.[channel] ?? limits?.[0];
  const otherwise = own ?? FULL_LIMITS[type];
  if (typeof range === 'string' || 'percentiles' in range) return otherwise;
  if ('bits' in range) return limitsOfBits(range.bits, type);
  if ('limits' in range) return pick(range.limits)!;
  if ('types' in range) return pick(range.types[type]) ?? otherwise;
  return range;
}

/** True where 8 and 16 bits are taken as they are. */
export function isFull(range: DataRange, type: SampleType, numChannels: number): boolean {
  const full = FULL_LIMITS[type];
  return Array.from({ length: numChannels }, (_, channel) => limitsOf(range, type, channel)).every(([black, white]) => black === full[0] && white === full[1]);
}
