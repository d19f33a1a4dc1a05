// What one sample is drawn from: decoded frames, and the sound that goes with them. Lies on shared memory, so that augmentation
// threads read it without a copy.

import type { Frames } from './frames.js';

/** Sound of one channel that begins with the first frame. */
export interface Sound {
  /** -1..1. */
  readonly samples: Float32Array;
  readonly rateHz: number;
}

export interface Media {
  readonly frames: Frames;
  /** Frames a second; undefined for an image. */
  readonly fps?: number;
  /** Missing where the file has none, or where it was not asked for. */
  readonly sound?: Sound;
  /** Number of its class; missing where that is not known, or not shown. */
  readonly label?: number;
  /** Numbers of its classes, likewise, where an item may have several. */
  readonly labels?: readonly number[];
  /** Numbers of the classes of its pixels, [H, W], 255 where nobody says; likewise. */
  readonly mask?: Uint8Array | undefined;
  /** Number of the item in the manifest. */
  readonly item: number;
  /** How far training is, 0..1, as the plan has it; missing where puzzles are drawn as at its end. */
  readonly progress?: number;
}
