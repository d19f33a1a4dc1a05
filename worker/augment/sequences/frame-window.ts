// Which frames of a clip make a puzzle: a window where much happens, and frames in it that the motion spaces evenly.

import type { Random } from '../../../shared/random/random.js';
import type { Scene } from './motion.js';

/** Places `first`..`last` in a scene. */
interface Window {
  readonly scene: Scene;
  readonly first: number;
  readonly last: number;
  readonly weight: number;
}

export interface WindowOptions {
  readonly numFrames: number;
  /** Most steps of the clip from the first to the last frame of a puzzle. */
  readonly span: number;
  /** True: motion decides which window and which frames of it. False: every window alike, frames evenly spaced in time. */
  readonly byMotion: boolean;
}

/** How far a frame may lie from its even place, as a share of the distance between two. */
const WANDER = 0.8;

/** Frame numbers in order of time, or undefined where no scene has enough of them. */
export function pickTimes(scenes: readonly Scene[], random: Random, options: WindowOptions): number[] | undefined {
  const window = drawWeighted(scenes.flatMap((scene) => listWindows(scene, options)), random);
  if (window === undefined) return undefined;
  const { scene, first, last } = window;
  const progress = options.byMotion ? scene.motion : scene.times;
  return pickPlaces(progress.slice(first, last + 1), random, options.numFrames).map((place) => scene.times[first + place]!);
}

/** The longest window from each start, without those that an earlier one holds. */
function listWindows(scene: Scene, { numFrames, span, byMotion }: WindowOptions): Window[] {
  const windows: Window[] = [];
  let last = 0;
  for (let first = 0; first < scene.times.length; first++) {
    const before = last;
    while (last + 1 < scene.times.length && scene.times[last + 1]! - scene.times[first]! <= span) last += 1;
    const isNew = first === 0 || last > before;
    if (!isNew || last - first + 1 < numFrames) continue;
    windows.push({ scene, first, last, weight: byMotion ? scene.motion[last]! - scene.motion[first]! : 1 });
  }
  return windows;
}

/** One of several, each as likely as it weighs; undefined where there is none. */
export function drawWeighted<Value extends { readonly weight: number }>(values: readonly Value[], random: Random): Value | undefined {
  let left = random.uniform(0, values.reduce((sum, { weight }) => sum + weight, 0));
  return values.find(({ weight }) => (left -= weight) < 0) ?? values.at(-1);
}

/** Places in a window whose progress is nearest to evenly spaced marks that each wander a little; strictly rising. */
function pickPlaces(progress: readonly number[], random: Random, numFrames: number): number[] {
  const start = progress[0]!;
  const last = progress.length - 1;
  const length = progress[last]! - start;
  const places: number[] = [];
  let place = 0;
  for (let k = 0; k < numFrames; k++) {
    const mark = start + (length * (k + 0.5 + WANDER * random.uniform(-0.5, 0.5))) / numFrames;
    const latest = last - (numFrames - 1 - k);
    while (place < latest && Math.abs(progress[place + 1]! - mark) <= Math.abs(progress[place]! - mark)) place += 1;
    places.push(place);
    place += 1;
  }
  return places;
}
