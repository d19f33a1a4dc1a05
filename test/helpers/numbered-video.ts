// Videos whose frames carry their number as a pattern of black and white cells, made by the real ffmpeg, and how to read it.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { locateFfmpeg } from '../../shared/datasets/ffmpeg.js';
import type { Frames } from '../../worker/decode/frames.js';
import { findEncoder } from './encoder.js';

const run = promisify(execFile);
const COLUMNS = 4;
const ROWS = 2;
const CELL = 16;

export interface NumberedVideo {
  readonly numFrames: number;
  readonly fps: number;
  /** Further options of the output, e.g. filters. */
  readonly options?: readonly string[];
}

export const NUMBERED_WIDTH = COLUMNS * CELL;
export const NUMBERED_HEIGHT = ROWS * CELL;

/** Writes a video of up to 256 numbered frames, 64x32, with key frames far apart. */
export async function makeNumberedVideo(path: string, { numFrames, fps, options = [] }: NumberedVideo): Promise<void> {
  const { ffmpeg } = await locateFfmpeg();
  const encoder = (await findEncoder()).slice(0, 2);
  const child = run(ffmpeg, [
    '-v', 'error', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${NUMBERED_WIDTH}x${NUMBERED_HEIGHT}`, '-r', String(fps), '-i', 'pipe:0',
    ...encoder, '-g', '40', '-pix_fmt', 'yuv420p', ...options, '-y', path,
  ]);
  child.child.stdin?.end(Buffer.concat(Array.from({ length: numFrames }, (_, number) => drawNumber(number))));
  await child;
}

function drawNumber(number: number): Buffer {
  const frame = Buffer.alloc(NUMBERED_WIDTH * NUMBERED_HEIGHT * 3);
  for (let y = 0; y < NUMBERED_HEIGHT; y++) {
    for (let x = 0; x < NUMBERED_WIDTH; x++) {
      const bit = Math.floor(y / CELL) * COLUMNS + Math.floor(x / CELL);
      frame.fill((number >> bit) & 1 ? 235 : 20, (y * NUMBERED_WIDTH + x) * 3, (y * NUMBERED_WIDTH + x + 1) * 3);
    }
  }
  return frame;
}

/** The numbers of frames decoded at any size of the same shape. */
export function readNumbers({ dataNHWC, numFrames, height, width }: Frames): number[] {
  return Array.from({ length: numFrames }, (_, frame) => {
    let number = 0;
    for (let bit = 0; bit < ROWS * COLUMNS; bit++) {
      const y = Math.floor(((Math.floor(bit / COLUMNS) + 0.5) * height) / ROWS);
      const x = Math.floor((((bit % COLUMNS) + 0.5) * width) / COLUMNS);
      if (dataNHWC[((frame * height + y) * width + x) * 3]! > 127) number += 1 << bit;
    }
    return number;
  });
}
