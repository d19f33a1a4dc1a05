// Decoded pictures on shared memory, so that augmentation threads read them without a copy.
// Shape letters: N frames, H height, W width, C channels (sRGB where there are three, 0..255).

/** Frames of one clip, or of one image, mostly a single one. `data` lies on a SharedArrayBuffer; its length says how many channels there are. */
export interface Frames {
  readonly dataNHWC: Uint8Array;
  readonly numFrames: number;
  readonly height: number;
  readonly width: number;
}

/** Numbers of a pixel. */
export const countChannels = ({ dataNHWC, numFrames, height, width }: Frames): number => dataNHWC.length / (numFrames * height * width);
