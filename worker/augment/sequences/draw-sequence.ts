// Some frames of a clip as the pictures of a puzzle, in the places that a task gives them. Left out: how motion is measured
// (motion.ts), which frames are taken (frame-window.ts), which part of them (region.ts).

import { z } from 'zod';
import { dropUndefined } from '../../../shared/drop-undefined.js';
import type { Random } from '../../../shared/random/random.js';
import type { Frames } from '../../decode/frames.js';
import type { Pixels } from '../../pixels.js';
import { guard } from '../guard.js';
import { splitChannel } from '../ops/colour.js';
import { copyCrop, type Corner } from '../ops/crop.js';
import { flipHorizontally } from '../ops/flip.js';
import { normaliseFixed, normalisePatch } from '../ops/normalise.js';
import { pictureOf, type Picture } from '../ops/picture.js';
import { pickTimes } from './frame-window.js';
import { findScenes, shrinkFrames, type Scene, type Thumbnail } from './motion.js';
import { drawBetween, drawRegion, type Bounds } from './region.js';

/** What every task of frames lets a recipe say alike. */
export const sequenceOptions = {
  jitter: z.number().min(0).max(0.5).default(0.06).describe('Farthest that a frame\'s crop moves by itself, as a share of the crop side.'),
};

/** Guards that are the same for every task of frames. */
export const sequenceGuards = {
  cuts: guard('Never take one puzzle from both sides of a cut.'),
  duplicates: guard('Drop frames that repeat the one before; a still video then makes no puzzle.'),
  motion: guard('Choose windows, frames and regions where more moves more often.'),
};

export interface SequenceGuards {
  readonly cuts: boolean;
  readonly duplicates: boolean;
  readonly motion: boolean;
  readonly jitter: boolean;
  readonly channelSplit: boolean;
  readonly normalise: boolean;
}

export interface SequenceOptions {
  readonly numFrames: number;
  /** Most frames of the clip from the first to the last of a puzzle. */
  readonly span: number;
  /** Farthest that a frame's crop moves by itself, as a share of the crop side. */
  readonly jitter: number;
  /** What the channel of channelSplit is drawn for. */
  readonly channelOf: 'frame' | 'puzzle';
  readonly guards: SequenceGuards;
}

export interface Sequence {
  readonly options: SequenceOptions;
  readonly side: number;
  readonly pixels: Pixels;
  /** Where each frame goes, earliest first, once it is known that there is a puzzle; below 0 for one that is not shown. */
  readonly drawPlaces: (random: Random) => ArrayLike<number>;
  /** Of jitter and of a channel for each frame by itself, 0..1. Default 1. */
  readonly strength?: number;
  /** Whether frames of these times make a puzzle. Default: always true. */
  readonly accepts?: (times: readonly number[]) => boolean;
  /** Which part of the chosen frames may be shown. Default: all. */
  readonly findBounds?: (frames: Frames, times: readonly number[]) => Bounds;
}

/** Frames with what motion is measured on. */
export interface Shrunk {
  readonly frames: Frames;
  readonly thumbnails: readonly Thumbnail[];
}

/** Times that are drawn where the task does not accept all. */
const NUM_TRIES = 16;

const wholeOf = ({ height, width }: Frames): Bounds => ({ left: 0, top: 0, right: width, bottom: height });

const clamp = (value: number, lowest: number, highest: number): number => Math.min(Math.max(value, lowest), highest);

/** Times that the task accepts; undefined where a few tries found none. */
function pickAccepted(scenes: readonly Scene[], random: Random, { options: { numFrames, span, guards }, accepts }: Sequence): number[] | undefined {
  for (let i = 0; i < NUM_TRIES; i++) {
    const times = pickTimes(scenes, random, { numFrames, span, byMotion: guards.motion });
    if (times === undefined || accepts === undefined || accepts(times)) return times;
  }
  return undefined;
}

/** What the frames of a puzzle have in common. */
export interface View {
  readonly side: number;
  readonly corner: Corner;
  readonly bounds: Bounds;
  readonly isMirrored: boolean;
  /** Pixels that a frame's crop may move by itself, each way. */
  readonly reach: number;
}

export interface ViewOptions {
  readonly side: number;
  readonly reach: number;
  readonly byMotion: boolean;
  readonly findBounds?: (frames: Frames, times: readonly number[]) => Bounds;
}

/** Chooses the square that frames of these times are shown in; undefined where there is none. */
export function drawView({ frames, thumbnails }: Shrunk, times: readonly number[], random: Random, { side, reach, byMotion, findBounds = wholeOf }: ViewOptions): View | undefined {
  const bounds = findBounds(frames, times);
  if (Math.min(bounds.right - bounds.left, bounds.bottom - bounds.top) < side) return undefined;
  const chosen = times.map((time) => thumbnails[time]!);
  const corner = drawRegion(frames, chosen, random, { side, margin: reach, byMotion, bounds });
  return { side, corner, bounds, isMirrored: random.chance(0.5), reach };
}

/** Copies the view of one frame to `patch`, in grey levels. */
export function copyView(picture: Picture, { side, corner, bounds, isMirrored, reach }: View, random: Random, patch: Float32Array): void {
  const x = clamp(corner.x + drawBetween(random, -reach, reach), bounds.left, bounds.right - side);
  const y = clamp(corner.y + drawBetween(random, -reach, reach), bounds.top, bounds.bottom - side);
  copyCrop(picture, { x, y }, side, patch);
  if (isMirrored) flipHorizontally(patch, side);
}

/** Writes the frames to `out`, [F, side, side, C], and returns their places; undefined where the clip makes no puzzle. */
export function drawSequence(frames: Frames, random: Random, sequence: Sequence, out: Float32Array): ArrayLike<number> | undefined {
  const { side, pixels: { channels }, options: { guards, numFrames, jitter, channelOf }, strength = 1, findBounds } = sequence;
  if (frames.numFrames < numFrames || Math.min(frames.height, frames.width) < side) return undefined;
  const thumbnails = shrinkFrames(frames);
  const times = pickAccepted(findScenes(thumbnails, guards), random, sequence);
  if (times === undefined) return undefined;
  const reach = guards.jitter ? Math.round(jitter * strength * side) : 0;
  const view = drawView({ frames, thumbnails }, times, random, { side, reach, byMotion: guards.motion, ...dropUndefined({ findBounds }) });
  if (view === undefined) return undefined;

  const places = sequence.drawPlaces(random);
  const share = channelOf === 'puzzle' ? 0 : strength;
  const commonChannel = share < 1 ? random.int(channels) : 0;
  // Nothing is drawn where it is certain, so that full strength has the bits that it had before there were others.
  const drawChannel = (): number => (share === 1 || (share > 0 && random.chance(share)) ? random.int(channels) : commonChannel);
  const length = side * side * channels;
  times.forEach((time, k) => {
    if (places[k]! < 0) return;
    const patch = out.subarray(places[k]! * length, (places[k]! + 1) * length);
    copyView(pictureOf(frames, time), view, random, patch);
    if (guards.channelSplit) splitChannel(patch, drawChannel(), channels);
    if (guards.normalise) normalisePatch(patch);
    else normaliseFixed(patch, sequence.pixels);
  });
  return places;
}
