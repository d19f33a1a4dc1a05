// Windows of frames that follow one another without a gap, for tasks that depend on the time between frames: a frame that was dropped
// because it repeats another would change the pace.

import type { Random } from '../../../shared/random/random.js';
import { drawWeighted } from './frame-window.js';
import type { Scene } from './motion.js';

export interface SteadyOptions {
  /** Frames of the window. */
  readonly length: number;
  /** True: windows where more moves come more often. */
  readonly byMotion: boolean;
}

/** Number of the first frame of a window of one scene; undefined where there is none. */
export function pickSteadyWindow(scenes: readonly Scene[], random: Random, { length, byMotion }: SteadyOptions): number | undefined {
  const windows = scenes.flatMap(({ times, motion }) => times.flatMap((first, i) => {
    const last = i + length - 1;
    return times[last] === first + length - 1 ? [{ first, weight: byMotion ? motion[last]! - motion[i]! : 1 }] : [];
  }));
  return drawWeighted(windows, random)?.first;
}
