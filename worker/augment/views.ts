// Views of a picture for tasks that compare them, as MoCo v2 draws them (Chen, Fan, Girshick, He 2020, "Improved Baselines with
// Momentum Contrastive Learning"): a resized crop, changed colours, grey, blur, a mirror.

import { z } from 'zod';
import type { Random } from '../../shared/random/random.js';
import { guard } from './guard.js';
import { blurGaussian } from './ops/blur.js';
import { jitterColour, toGrayscale } from './ops/colour.js';
import { flipHorizontally } from './ops/flip.js';
import { turnHue } from './ops/hue.js';
import { channelsOf, type Picture } from './ops/picture.js';
import { centralBox, copyResized, drawBox, type Box } from './ops/resized-crop.js';
import { toBytes } from './ops/to-bytes.js';

const share = (value: number, what: string): z.ZodDefault<z.ZodNumber> => z.number().min(0).max(1).default(value).describe(what);
const sigma = (value: number, what: string): z.ZodDefault<z.ZodNumber> => z.number().min(0.01).max(20).default(value).describe(what);

const views = z.strictObject({
  minArea: z.number().min(0.05).max(1).default(0.2).describe('Smallest crop, as a share of the picture\'s area.'),
  jitterChance: share(0.8, 'Share of the views whose colours change.'),
  colourJitter: share(0.4, 'Strength of changes in brightness, contrast and saturation, 0..1.'),
  hue: z.number().min(0).max(0.5).default(0.1).describe('Farthest that hues move, as a share of the colour circle.'),
  grey: share(0.2, 'Share of the views without colour.'),
  blur: share(0.5, 'Share of the views that are blurred.'),
  sigmaFrom: sigma(0.1, 'Least deviation of the blur, in pixels of a view of 224; smaller in proportion on smaller ones.'),
  sigmaTo: sigma(2, 'Largest deviation of the blur, likewise.'),
  flip: z.boolean().default(true).describe('Mirror half of the views, left and right.'),
});

const isOrdered = ({ sigmaFrom, sigmaTo }: { readonly sigmaFrom: number; readonly sigmaTo: number }): boolean => sigmaFrom <= sigmaTo;
const unordered = { path: ['sigmaFrom'], message: 'at most `sigmaTo`' };

/** How a view may differ from its picture. */
export const viewOptions = views.refine(isOrdered, unordered);

/** The same where a task says how large crops are. */
export const viewOptionsBesideCrop = views.omit({ minArea: true }).refine(isOrdered, unordered);

export type ViewOptions = z.output<typeof viewOptions>;

/** What keeps two views of a picture from being told by less than what they show. */
export const viewGuards = z.strictObject({
  randomCrop: guard('Crop each view at a place and size of its own, so that the same pixels at the same place do not give the pair away.'),
  colour: guard('Change the colours of each view by itself and take them from some, so that a histogram does not give the pair away.'),
});

export type ViewGuards = z.output<typeof viewGuards>;

/** What a task of views says that it needs: colours, where it turns their hues. */
export function needsOfViews({ hue, jitterChance }: ViewOptions, { colour }: ViewGuards): { readonly media: 'image'; readonly colour?: string } {
  const turnsHues = colour && jitterChance > 0 && hue > 0;
  return { media: 'image', ...(turnsHues && { colour: 'to turn their hues (task.options.views.hue=0 leaves that out)' }) };
}

/** Side of the views that deviations of the blur are given for. */
const USUAL_SIDE = 224;

export interface ViewSettings {
  readonly side: number;
  /** Largest crop, as a share of the picture's area. Default 1. */
  readonly maxArea?: number;
  readonly views: ViewOptions;
  readonly guards: ViewGuards;
}

function changeColours(patchHWC: Float32Array, random: Random, { jitterChance, colourJitter, hue, grey }: ViewOptions, channels: number): void {
  if (random.chance(jitterChance)) {
    jitterColour(patchHWC, random, colourJitter, channels);
    const turn = random.uniform(-hue, hue);
    if (channels === 3) turnHue(patchHWC, turn);
  }
  if (random.chance(grey)) toGrayscale(patchHWC, channels);
}

/** Draws one view into `bytesHWC`, [side, side, C]. */
export function drawView(picture: Picture, random: Random, settings: ViewSettings, bytesHWC: Uint8Array): void {
  const { maxArea, views, guards } = settings;
  const box = guards.randomCrop ? drawBox(picture, random, views.minArea, maxArea) : centralBox(picture);
  drawViewOf({ picture, box }, random, settings, bytesHWC);
}

/** The same of a box that is given. */
export function drawViewOf({ picture, box }: { picture: Picture; box: Box }, random: Random, { side, views, guards }: ViewSettings, bytesHWC: Uint8Array): void {
  const patchHWC = new Float32Array(bytesHWC.length);
  copyResized(picture, box, side, patchHWC);
  if (guards.colour) changeColours(patchHWC, random, views, channelsOf(picture));
  if (random.chance(views.blur)) blurGaussian(patchHWC, side, (random.uniform(views.sigmaFrom, views.sigmaTo) * side) / USUAL_SIDE);
  if (views.flip && random.chance(0.5)) flipHorizontally(patchHWC, side);
  toBytes(patchHWC, bytesHWC);
}
