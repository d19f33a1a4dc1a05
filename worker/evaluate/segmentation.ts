// How well pixels are told that were not trained on: what is taken for what over all of them, so that a picture counts by its pixels. Pure.

export interface PixelClass {
  readonly name: string;
  /** Pixels of this class. */
  readonly support: number;
  /** Pixels that were taken for this class. */
  readonly told: number;
  /** Intersection over union of those. Null where no pixel is of it. */
  readonly iou: number | null;
}

export interface Segmentation {
  readonly numPictures: number;
  /** Whose class is known. */
  readonly numPixels: number;
  /** Over the classes that occur. */
  readonly meanIou: number;
  readonly pixelAccuracy: number;
  /** What is scored by who says the most frequent class of all pixels. */
  readonly chance: { readonly meanIou: number; readonly pixelAccuracy: number };
  /** In the order of their numbers. */
  readonly classes: readonly PixelClass[];
  /** The pair that is mistaken most; absent where nothing is. */
  readonly mostConfused?: { readonly label: string; readonly guess: string; readonly count: number };
}

export interface PixelCounter {
  /** Numbers of pixels as the mask has them, and as they are told. Those of no class that was learnt do not count. */
  add(mask: ArrayLike<number>, told: ArrayLike<number>): void;
  /** Undefined without a pixel of a known class. */
  describe(): Segmentation | undefined;
}

/** Keeps a square of counts, and no picture. */
export function createPixelCounter(names: readonly string[]): PixelCounter {
  const size = names.length;
  // Rows are the classes of masks, columns those that pixels were taken for.
  const counts = new Float64Array(size * size);
  let numPictures = 0;
  return {
    add(mask, told) {
      let isKnown = false;
      for (let pixel = 0; pixel < mask.length; pixel++) {
        const label = mask[pixel]!;
        if (label < 0 || label >= size) continue;
        counts[label * size + told[pixel]!]! += 1;
        isKnown = true;
      }
      if (isKnown) numPictures += 1;
    },
    describe: () => (numPictures === 0 ? undefined : { numPictures, ...describeCounts(names, counts) }),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function describeCounts(names: readonly string[], counts: Float64Array): Omit<Segmentation, 'numPictures'> {
  const countOf = (label: number, guess: number): number => counts[label * names.length + guess]!;
  const classes = names.map((name, number): PixelClass => {
    const [support, told] = [sum(names.map((_, guess) => countOf(number, guess))), sum(names.map((_, label) => countOf(label, number)))];
    const both = countOf(number, number);
    return { name, support, told, iou: support > 0 ? both / (support + told - both) : null };
  });
  const there = classes.filter(({ support }) => support > 0);
  const numPixels = sum(there.map(({ support }) => support));
  const largest = Math.max(...there.map(({ support }) => support)) / numPixels;
  const mostConfused = findMostConfused(names, countOf);
  return {
    numPixels,
    meanIou: sum(there.map(({ iou }) => iou!)) / there.length,
    pixelAccuracy: sum(names.map((_, number) => countOf(number, number))) / numPixels,
    chance: { meanIou: largest / there.length, pixelAccuracy: largest },
    classes,
    ...(mostConfused && { mostConfused }),
  };
}

/** The first of those that are mistaken equally often. */
function findMostConfused(names: readonly string[], countOf: (label: number, guess: number) => number): Segmentation['mostConfused'] {
  let most: Segmentation['mostConfused'];
  names.forEach((label, row) => names.forEach((guess, column) => {
    const count = countOf(row, column);
    if (row !== column && count > (most?.count ?? 0)) most = { label, guess, count };
  }));
  return most;
}
