// Two views of one picture, for tasks that compare them: of one frame of a clip, or of two frames that lie near each other.

import { z } from 'zod';
import type { Random } from '../../shared/random/random.js';
import type { Media } from '../decode/media.js';
import type { Pixels } from '../pixels.js';
import { pictureSpec, type Explanation, type Puzzle } from '../tasks/task.js';
import { showsEnough } from './draw-picture.js';
import { pictureOf, type Picture } from './ops/picture.js';
import { drawView, needsOfViews, viewGuards, viewOptions } from './views.js';

/** What a task of two views lets a recipe say of them. */
export const pairOptions = {
  views: viewOptions.prefault({}).describe('How the two views of a picture may differ.'),
  secondsApart: z.number().min(0).max(60).default(0).describe('Farthest that the two frames of a clip lie apart which the views are taken of, in seconds. 0: both views are of one frame, as they are of a picture.'),
  guards: viewGuards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
};

type PairOptions = z.output<z.ZodObject<typeof pairOptions>>;

/**
 * A frame, then others at most `secondsApart` from it, `count` altogether; the same frame each time where that is 0. Undefined where
 * there is none, or where there is nothing to recognise.
 */
export function pickPictures({ frames, fps }: Media, random: Random, count: number, secondsApart: number): Picture[] | undefined {
  const { numFrames } = frames;
  if (!showsEnough(frames)) return undefined;
  const first = random.int(numFrames);
  const reach = Math.floor(secondsApart * (fps ?? 0));
  const [earliest, latest] = [Math.max(0, first - reach), Math.min(numFrames - 1, first + reach)];
  const pickNear = (): number => (reach === 0 ? first : earliest + random.int(latest - earliest + 1));
  return Array.from({ length: count }, (_, place) => pictureOf(frames, place === 0 ? first : pickNear()));
}

/** What views have in common, in words for people. */
export const explainViews = ({ secondsApart }: Pick<PairOptions, 'secondsApart'>): Explanation => ({
  answer: secondsApart === 0 ? 'all views are of one picture' : `all views are of one picture, or of frames of one clip at most ${secondsApart} s apart`,
});

/** The part of a puzzle that draws two views into the arrays of these names. */
export function bindPair({ views, secondsApart, guards }: PairOptions, { side, pixels }: { side: number; pixels: Pixels }, names: readonly [string, string]): Pick<Puzzle, 'needs' | 'arrays' | 'draw' | 'explain'> {
  return {
    needs: needsOfViews(views, guards),
    arrays: Object.fromEntries(names.map((name) => [name, pictureSpec(side, pixels)])),
    draw(media, random, out) {
      const pictures = pickPictures(media, random, names.length, secondsApart);
      if (pictures === undefined) return false;
      names.forEach((name, i) => drawView(pictures[i]!, random, { side, views, guards }, out[name] as Uint8Array));
      return true;
    },
    explain: () => explainViews({ secondsApart }),
  };
}
