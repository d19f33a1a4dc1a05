// What is left of frames with dark bars on any side.

import test from 'ava';
import { boundsWithoutBars } from '../../../../worker/augment/sequences/bars.js';
import type { Frames } from '../../../../worker/decode/frames.js';
import { createClip } from '../../../helpers/clips.js';

const size = { numFrames: 4, height: 11, width: 17 };

/** How many lines are dark on each side. */
interface Bars {
  readonly left?: number;
  readonly top?: number;
  readonly right?: number;
  readonly bottom?: number;
}

/** Black bars around pixels of which only the blue is bright. */
const createBarred = (barsOf: (frame: number) => Bars): Frames => createClip(size, (frame, y, x, c) => {
  const { left = 0, top = 0, right = 0, bottom = 0 } = barsOf(frame);
  const isInside = x >= left && x < size.width - right && y >= top && y < size.height - bottom;
  return isInside && c === 2 ? 90 : 0;
});

test('the bars of every side come off, of whichever of the chosen frames has the widest', (t) => {
  const all: readonly Bars[] = [{ left: 3, top: 1 }, { right: 5, bottom: 1 }, { top: 2, left: 1 }, { bottom: 4 }];
  const frames = createBarred((frame) => all[frame]!);
  t.deepEqual(boundsWithoutBars(frames, [0, 1, 2, 3]), { left: 3, top: 2, right: 12, bottom: 7 });
  t.deepEqual(boundsWithoutBars(frames, [3, 2, 1, 0]), { left: 3, top: 2, right: 12, bottom: 7 });
  t.deepEqual(boundsWithoutBars(frames, [1]), { left: 0, top: 0, right: 12, bottom: 10 });
  t.deepEqual(boundsWithoutBars(frames, [2]), { left: 1, top: 2, right: 17, bottom: 11 });
});

for (const [height, width] of [[11, 17], [17, 11]] as const) {
  test(`in ${height}x${width}, a line is a bar up to a value of 24, and no bar with one brighter number near its end`, (t) => {
    const [lastX, lastY] = [width - 1, height - 1];
    const isSpot = (frame: number, y: number, x: number): boolean =>
      (frame === 1 && x === lastX && y === lastY - 1) || (frame === 2 && x === lastX - 1 && y === 0);
    const frames = createClip({ numFrames: 3, height, width }, (frame, y, x, c) => {
      if (x > 0 && y > 0 && x < lastX && y < lastY) return 90;
      return c === 1 && isSpot(frame, y, x) ? 25 : 24;
    });
    const clear = { left: 1, top: 1, right: lastX, bottom: lastY };
    t.deepEqual(boundsWithoutBars(frames, [0]), clear);
    t.deepEqual(boundsWithoutBars(frames, [1]), { ...clear, right: width });
    t.deepEqual(boundsWithoutBars(frames, [2]), { ...clear, top: 0 });
  });
}

test('dark lines inside the picture are no bars', (t) => {
  const frames = createClip(size, (_frame, y, x) => (y === 5 || x === 8 ? 0 : 90));
  t.deepEqual(boundsWithoutBars(frames, [0]), { left: 0, top: 0, right: 17, bottom: 11 });
});

test('nothing is left where one frame is dark all over', (t) => {
  const frames = createBarred((frame) => (frame === 2 ? { left: 17 } : { left: 2, bottom: 3 }));
  t.deepEqual(boundsWithoutBars(frames, [2]), { left: 17, top: 11, right: 17, bottom: 11 });
  const { left, top, right, bottom } = boundsWithoutBars(frames, [0, 2, 3]);
  t.deepEqual([right - left, bottom - top], [0, 0]);
});
