// Dark bars at the border of frames, as letterboxes and scans leave them: a bar that grows would tell which frame is later.

import { countChannels, type Frames } from '../../decode/frames.js';
import { pictureOf } from '../ops/picture.js';
import type { Bounds } from './region.js';

/** A line is dark where no value of it is above this, 0..255: black of narrow range is 16, and codecs add some. */
const DARKEST = 24;

/** What is left of frames when the dark lines at the border of any of them are taken off; empty where one is dark all over. */
export function boundsWithoutBars(frames: Frames, times: readonly number[]): Bounds {
  const { height, width } = frames;
  const row = width * countChannels(frames);
  const column = countChannels(frames);
  let [left, top, right, bottom] = [0, 0, width, height];
  for (const time of times) {
    const { dataHWC } = pictureOf(frames, time);
    const isDark = (line: number, isRow: boolean): boolean => {
      const [step, pixels, start] = isRow ? [column, width, line * row] : [row, height, line * column];
      for (let i = 0; i < pixels; i++) {
        for (let c = 0; c < column; c++) if (dataHWC[start + i * step + c]! > DARKEST) return false;
      }
      return true;
    };
    while (top < bottom && isDark(top, true)) top += 1;
    while (bottom > top && isDark(bottom - 1, true)) bottom -= 1;
    while (left < right && isDark(left, false)) left += 1;
    while (right > left && isDark(right - 1, false)) right -= 1;
  }
  return { left, top, right, bottom };
}
