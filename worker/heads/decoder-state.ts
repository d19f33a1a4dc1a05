// The head that makes a picture of a feature map: its options and its state. Loads no tensor library; decoder.ts computes.

import { z } from 'zod';
import type { StateSpec } from '../../shared/state/spec.js';
import { convolutionState, denseState, type Convolution, type Dense } from '../models/layer-state.js';
import type { DataSizes, TrunkShape } from '../tasks/task.js';

/** What a task with this head lets a recipe say of it. */
export const decoderOptions = {
  decoderWidth: z.int().min(1).max(512).default(16).describe('Channels of the decoder\'s last feature map; each smaller one before it has twice as many as the next.'),
};

export interface Decoder {
  readonly decoderWidth: number;
  /** Side of the picture, in pixels. */
  readonly side: number;
  /** Numbers of a pixel. */
  readonly channels: number;
  /** Numbers that all of a picture goes through; 0 for as many as the feature map has. */
  readonly code: number;
}

/** The head that a task's options ask for. */
export const decoderOf = ({ decoderWidth, code = 0 }: Pick<Decoder, 'decoderWidth'> & Partial<Pick<Decoder, 'code'>>, { side, pixels: { channels } }: DataSizes): Decoder =>
  ({ decoderWidth, side, channels, code });

/** A map is scaled to a side, then goes through a convolution; the last level gives the picture. */
export interface DecoderLevel {
  readonly side: number;
  readonly convolution: Convolution;
}

export interface DecoderPlan {
  /** From the whole feature map to the code; undefined where there is none. */
  readonly code: Dense | undefined;
  /** From the code to the whole of the first map, or from each place of the feature map to the same place. */
  readonly entry: Dense;
  readonly entryChannels: number;
  readonly entrySide: number;
  readonly levels: readonly DecoderLevel[];
}

/** Channels are not doubled more often than that. */
const MOST_DOUBLINGS = 3;

/** Sides from above that of the feature map to that of the picture, each half of the next, rounded up; one at least. */
function listSides(from: number, to: number): number[] {
  const sides = [to];
  while (Math.ceil(sides[0]! / 2) > from) sides.unshift(Math.ceil(sides[0]! / 2));
  return sides;
}

/** The layers over a trunk's last feature map. There is no way round it: what the picture has must go through it. */
export function planDecoder({ decoderWidth, side, channels, code }: Decoder, trunk: Pick<TrunkShape, 'channels' | 'side'>): DecoderPlan {
  const sides = listSides(trunk.side, side);
  const widthBefore = (level: number): number => decoderWidth * 2 ** Math.min(sides.length - 1 - level, MOST_DOUBLINGS);
  const numPlaces = trunk.side ** 2;
  const entryChannels = widthBefore(0);
  const levels = sides.map((levelSide, level): DecoderLevel => {
    const isLast = level === sides.length - 1;
    return {
      side: levelSide,
      convolution: {
        name: isLast ? 'head/decoder/picture' : `head/decoder/level${level + 1}`, size: 3, stride: 1, channelsIn: widthBefore(level),
        channelsOut: isLast ? channels : widthBefore(level + 1), norm: isLast ? 'none' : 'group', relu: !isLast,
      },
    };
  });
  return {
    code: code > 0 ? { name: 'head/code', numInputs: numPlaces * trunk.channels, numOutputs: code } : undefined,
    entry: code > 0
      ? { name: 'head/decoder/entry', numInputs: code, numOutputs: numPlaces * entryChannels }
      : { name: 'head/decoder/entry', numInputs: trunk.channels, numOutputs: entryChannels },
    entryChannels, entrySide: trunk.side, levels,
  };
}

/** The state of the head for a trunk's last feature map. */
export function decoderState(decoder: Decoder, trunk: TrunkShape): StateSpec[] {
  const { code, entry, levels } = planDecoder(decoder, trunk);
  return [...(code ? denseState(code) : []), ...denseState(entry), ...levels.flatMap(({ convolution }) => convolutionState(convolution))];
}
