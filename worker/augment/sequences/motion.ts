// How much happens between the frames of a clip, where it is cut, and which frames repeat: cheap stand-ins for optical flow
// on thumbnails. Left out: which frames a puzzle takes (frame-window.ts).

import { countChannels, type Frames } from '../../decode/frames.js';

/** Cells a side of a thumbnail. */
export const GRID = 16;
const SAMPLES_PER_CELL = 2;
const NUM_CELLS = GRID * GRID;

/** Luma of a frame in cells, 0..255, less its mean: a fade then is no motion. */
export type Thumbnail = Float32Array;

/** One thumbnail a frame. */
export function shrinkFrames(frames: Frames): Thumbnail[] {
  const { dataNHWC, numFrames, height, width } = frames;
  const channels = countChannels(frames);
  const lumaOf = channels === 3 ? lumaOfColours : createMean(channels);
  const lines = GRID * SAMPLES_PER_CELL;
  const rows = Int32Array.from({ length: lines }, (_, i) => Math.floor(((i + 0.5) * height) / lines) * width * channels);
  const columns = Int32Array.from({ length: lines }, (_, i) => Math.floor(((i + 0.5) * width) / lines) * channels);
  return Array.from({ length: numFrames }, (_, frame) => shrinkFrame(dataNHWC, frame * height * width * channels, { rows, columns, lumaOf }));
}

/** Four times the luma of the pixel at a place. */
type LumaOf = (data: Uint8Array, at: number) => number;

const lumaOfColours: LumaOf = (data, at) => data[at]! + 2 * data[at + 1]! + data[at + 2]!;

/** The mean in its place, of other than three channels. */
function createMean(channels: number): LumaOf {
  return (data, at) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += data[at + c]!;
    return (4 * sum) / channels;
  };
}

interface Shrinking {
  /** Where the rows begin that are looked at, and the columns in them. */
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly lumaOf: LumaOf;
}

function shrinkFrame(data: Uint8Array, start: number, { rows, columns, lumaOf }: Shrinking): Thumbnail {
  const cells = new Float32Array(NUM_CELLS);
  let total = 0;
  for (let y = 0; y < rows.length; y++) {
    const cellRow = Math.floor(y / SAMPLES_PER_CELL) * GRID;
    const row = start + rows[y]!;
    for (let x = 0; x < columns.length; x++) {
      const luma = lumaOf(data, row + columns[x]!);
      const cell = cellRow + Math.floor(x / SAMPLES_PER_CELL);
      cells[cell] = cells[cell]! + luma;
      total += luma;
    }
  }
  const scale = 1 / (4 * SAMPLES_PER_CELL ** 2);
  const mean = total / NUM_CELLS;
  for (let i = 0; i < NUM_CELLS; i++) cells[i] = (cells[i]! - mean) * scale;
  return cells;
}

/** Mean absolute difference where b, moved by (dx, dy) cells, covers a. */
function differenceAt(a: Thumbnail, b: Thumbnail, dx: number, dy: number): number {
  let sum = 0;
  for (let y = Math.max(0, -dy); y < Math.min(GRID, GRID - dy); y++) {
    for (let x = Math.max(0, -dx); x < Math.min(GRID, GRID - dx); x++) {
      sum += Math.abs(a[y * GRID + x]! - b[(y + dy) * GRID + x + dx]!);
    }
  }
  return sum / ((GRID - Math.abs(dx)) * (GRID - Math.abs(dy)));
}

/** What differs between two thumbnails in grey levels, after the best shift by at most one cell: a pan counts less than a motion. */
export function differenceOf(a: Thumbnail, b: Thumbnail): number {
  let least = Infinity;
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) least = Math.min(least, differenceAt(a, b, dx, dy));
  }
  return least;
}

/** Frames of one scene in order of time, and how much happened up to each since the first. */
export interface Scene {
  /** Numbers of frames in the clip. */
  readonly times: readonly number[];
  /** Grey levels summed over the steps from the first frame; of `times`' length, starting with 0. */
  readonly motion: readonly number[];
}

/** A frame closer than this to the last kept one, in grey levels, repeats it. */
const LEAST_CHANGE = 0.6;
/** A step is a cut when it is above both: grey levels, and times the median step of the clip. */
const CUT_LEVEL = 24;
const CUT_TIMES_MEDIAN = 3;

/** Divides a clip into scenes: repeated frames are dropped and cuts separate, each only if asked for. */
export function findScenes(thumbnails: readonly Thumbnail[], guards: { readonly duplicates: boolean; readonly cuts: boolean }): Scene[] {
  const times = [0];
  const steps = [0];
  for (let time = 1; time < thumbnails.length; time++) {
    const change = differenceOf(thumbnails[times.at(-1)!]!, thumbnails[time]!);
    if (guards.duplicates && change < LEAST_CHANGE) continue;
    times.push(time);
    steps.push(change);
  }
  const limit = guards.cuts ? Math.max(CUT_LEVEL, CUT_TIMES_MEDIAN * medianOf(steps.slice(1))) : Infinity;
  return splitScenes(times, steps, limit);
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function splitScenes(times: readonly number[], steps: readonly number[], limit: number): Scene[] {
  const scenes: { times: number[]; motion: number[] }[] = [];
  times.forEach((time, i) => {
    const scene = scenes.at(-1);
    if (scene === undefined || steps[i]! > limit) {
      scenes.push({ times: [time], motion: [0] });
    } else {
      scene.times.push(time);
      scene.motion.push(scene.motion.at(-1)! + steps[i]!);
    }
  });
  return scenes;
}
