// Classes of the pixels of a whole picture from those of squares of it, which are what a network sees: several along the longer side. Pure.
// Shape letters: S side of what the network is shown, K classes.

import type { Size } from '../decode/limits.js';

/** Squares of a picture's shorter side, in whole pixels, as few as cover it. */
export interface Square {
  readonly x: number;
  readonly y: number;
  readonly length: number;
}

export function planSquares({ width, height }: Size): Square[] {
  const [length, longest] = [Math.min(width, height), Math.max(width, height)];
  const count = Math.ceil(longest / length);
  return Array.from({ length: count }, (_, i) => {
    const start = count === 1 ? 0 : Math.round((i * (longest - length)) / (count - 1));
    return width >= height ? { x: start, y: 0, length } : { x: 0, y: start, length };
  });
}

export interface Seen {
  /** Of a pixel of the square the probability of each class, [S, S, K]. */
  readonly probabilitiesSSK: Float32Array;
  readonly side: number;
  readonly numClasses: number;
  /** Which of the squares. */
  readonly square: number;
}

/** Numbers of classes of a picture, [height, width]. */
export interface Canvas extends Size {
  readonly numbersHW: Uint8Array;
}

/** A stretch of the canvas along one side, and where in the square its pixels lie. */
interface Stretch {
  readonly first: number;
  /** For each pixel two neighbours and the share of the second. */
  readonly taps: readonly (readonly [first: number, second: number, share: number])[];
}

interface Along {
  /** Pixels of the canvas. */
  readonly count: number;
  /** Pixels of the picture that the squares were cut of. */
  readonly limit: number;
  /** Where squares begin in it, and their length. */
  readonly starts: readonly number[];
  readonly length: number;
  readonly side: number;
}

/** Each pixel belongs to the square whose middle is nearest: what is near the end of a square is seen without what lies around it. */
function planStretch({ count, limit, starts, length, side }: Along, square: number): Stretch {
  const start = starts[square]!;
  const begin = square === 0 ? 0 : (starts[square - 1]! + start + length) / 2;
  const end = square === starts.length - 1 ? limit : (start + starts[square + 1]! + length) / 2;
  const placeOf = (pixel: number): number => ((pixel + 0.5) * limit) / count;
  const own = Array.from({ length: count }, (_, pixel) => pixel).filter((pixel) => placeOf(pixel) >= begin && placeOf(pixel) < end);
  return {
    first: own[0] ?? 0,
    taps: own.map((pixel) => {
      const place = Math.min(Math.max(((placeOf(pixel) - start) * side) / length - 0.5, 0), side - 1);
      const floor = Math.floor(place);
      return [floor, Math.min(floor + 1, side - 1), place - floor];
    }),
  };
}

/** Writes the likeliest class of each pixel that belongs to a square of a picture of this size; between pixels of the square probabilities are mixed. */
export function paintSquare({ numbersHW, width, height }: Canvas, { probabilitiesSSK, side, numClasses, square }: Seen, picture: Size): void {
  const squares = planSquares(picture);
  const { length } = squares[square]!;
  const isWide = picture.width >= picture.height;
  const along = (count: number, limit: number, starts: readonly number[], own: number): Stretch => planStretch({ count, limit, starts, length, side }, own);
  const across = along(width, picture.width, isWide ? squares.map(({ x }) => x) : [0], isWide ? square : 0);
  const down = along(height, picture.height, isWide ? [0] : squares.map(({ y }) => y), isWide ? 0 : square);
  const row = new Float32Array(side * numClasses);
  down.taps.forEach(([top, bottom, low], y) => {
    const [above, below] = [top * row.length, bottom * row.length];
    for (let i = 0; i < row.length; i++) row[i] = probabilitiesSSK[above + i]! * (1 - low) + probabilitiesSSK[below + i]! * low;
    const to = (down.first + y) * width + across.first;
    across.taps.forEach(([left, right, far], x) => {
      let [best, most] = [0, -1];
      for (let k = 0; k < numClasses; k++) {
        const probability = row[left * numClasses + k]! * (1 - far) + row[right * numClasses + k]! * far;
        if (probability > most) [best, most] = [k, probability];
      }
      numbersHW[to + x] = best;
    });
  });
}
