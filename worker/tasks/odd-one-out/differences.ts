// A sequence of frames as the differences of those that follow one another, in one channel of colour.

import type { Random } from '../../../shared/random/random.js';
import { normalisePatch } from '../../augment/ops/normalise.js';
import { pictureOf } from '../../augment/ops/picture.js';
import { copyView, type View } from '../../augment/sequences/draw-sequence.js';
import { countChannels, type Frames } from '../../decode/frames.js';

export interface Shown {
  /** Frames in the order in which they are shown. */
  readonly times: readonly number[];
  readonly view: View;
  /** Of which differences are taken. */
  readonly channel: number;
  readonly guards: { readonly normalise: boolean; readonly scale: boolean };
}

/** Differences count as nothing below this deviation: noise is not blown up to motion. Frames have deviation 1. */
const LEAST_DEVIATION = 0.02;
/** Divides grey levels that are not normalised. */
const GREY_LEVELS = 64;

/** Grey levels of one channel of a frame, [side * side], brought to mean 0 and deviation 1 or only to a like scale. */
function showFrame(frames: Frames, time: number, random: Random, { view, channel, guards }: Shown): Float32Array {
  const channels = countChannels(frames);
  const patchHWC = new Float32Array(view.side * view.side * channels);
  copyView(pictureOf(frames, time), view, random, patchHWC);
  const shown = Float32Array.from({ length: view.side * view.side }, (_, i) => patchHWC[i * channels + channel]!);
  if (guards.normalise) normalisePatch(shown);
  else shown.forEach((value, i) => (shown[i] = value / GREY_LEVELS));
  return shown;
}

/** Writes differences to the channels of pictures, [P, side, side, C]; channels that are left over stay 0. */
export function writeDifferences(frames: Frames, random: Random, shown: Shown, out: Float32Array): void {
  const channels = countChannels(frames);
  const { side } = shown.view;
  const pictures = shown.times.map((time) => showFrame(frames, time, random, shown));
  let squares = 0;
  for (let k = 1; k < pictures.length; k++) {
    const start = Math.floor((k - 1) / channels) * side * side * channels + ((k - 1) % channels);
    for (let i = 0; i < side * side; i++) {
      const difference = pictures[k]![i]! - pictures[k - 1]![i]!;
      out[start + i * channels] = difference;
      squares += difference * difference;
    }
  }
  if (!shown.guards.scale) return;
  const scale = 1 / Math.max(Math.sqrt(squares / ((pictures.length - 1) * side * side)), LEAST_DEVIATION);
  for (let i = 0; i < out.length; i++) out[i] = out[i]! * scale;
}
