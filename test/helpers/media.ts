// What a sample is drawn from, made up: a clip of a textured square that moves over a textured ground, with a tone.
// The square blinks, so that no frame repeats the one before.

import { createRandom } from '../../shared/random/random.js';
import type { Media } from '../../worker/decode/media.js';
import type { Puzzle } from '../../worker/tasks/task.js';

export interface MediaOptions {
  readonly side: number;
  readonly puzzle: Puzzle;
}

const NUM_FRAMES = 20;
const FPS = 8;

/** Media that the puzzle can be drawn from: one picture or a clip, with sound where it needs some. */
export function createMedia(item: number, { side, puzzle: { needs } }: MediaOptions): Media {
  const random = createRandom({ seed: 9, epoch: 0, sample: item, purpose: 'test media' });
  const numFrames = needs.media === 'video' ? NUM_FRAMES : 1;
  const [height, width] = [side, side + 4];
  const dataNHWC = new Uint8Array(new SharedArrayBuffer(numFrames * height * width * 3));
  const ground = Uint8Array.from({ length: height * width * 3 }, () => 60 + random.int(100));
  const square = Math.floor(side / 3);
  for (let frame = 0; frame < numFrames; frame++) {
    const left = Math.floor((frame * (width - square)) / NUM_FRAMES);
    for (let i = 0; i < ground.length; i++) {
      const [y, x] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width];
      const isSquare = x >= left && x < left + square && y >= 4 && y < 4 + square;
      dataNHWC[frame * ground.length + i] = isSquare ? 255 - 20 * (frame % 2) - ground[i]! / 4 : ground[i]!;
    }
  }
  return { frames: { dataNHWC, numFrames, height, width }, item, fps: FPS, label: item % 3, labels: [[0], [1, 2], [], [0, 2]][item % 4]!, ...(needs.mask && { mask: createMask(height, width, item) }), ...(needs.soundHz !== undefined && { sound: createTone(needs.soundHz, 200 + 100 * item) }) };
}

/** Three classes in bands, and a corner of which nobody says. */
function createMask(height: number, width: number, item: number): Uint8Array {
  return Uint8Array.from({ length: height * width }, (_, i) => (i < 4 ? 255 : (Math.floor(i / width / 3) + item) % 3));
}

function createTone(rateHz: number, pitchHz: number): NonNullable<Media['sound']> {
  const length = Math.ceil((rateHz * NUM_FRAMES) / FPS);
  const samples = new Float32Array(new SharedArrayBuffer(length * 4));
  for (let i = 0; i < length; i++) samples[i] = 0.5 * Math.sin((2 * Math.PI * pitchHz * i) / rateHz);
  return { samples, rateHz };
}
