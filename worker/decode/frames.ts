// Decoded pictures on shared memory, so that augmentation threads read them without a copy.
// Shape letters: N frames, H height, W width, C = 3 channels (sRGB, 0..255).

/** Frames of one clip, or one image as a single frame. `data` lies on a SharedArrayBuffer. */
export interface Frames {
  readonly dataNHWC: Uint8Array;
  readonly numFrames: number;
  readonly height: number;
  readonly width: number;
}
