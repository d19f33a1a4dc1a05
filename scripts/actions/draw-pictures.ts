// Pictures of what a run's newest checkpoint makes of some of its items, in this process: answers to puzzles, a map of the last stage's features,
// nearest neighbours. The same run and backend give the same pictures.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Item } from '../../shared/datasets/dataset.js';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import type { Media } from '../../worker/decode/media.js';
import { answerPuzzles, type Answered } from '../../worker/evaluate/answers.js';
import { toUnit } from '../../worker/evaluate/embedding.js';
import type { Evaluated } from '../../worker/evaluate/evaluate.js';
import { createEncoder } from '../../worker/evaluate/features.js';
import { labelMedia } from '../../worker/evaluate/labelled-media.js';
import { spread } from '../data/spread.js';
import { loadParts } from '../measure/load-parts.js';
import { openItems } from '../measure/open-items.js';
import { middleOf } from '../neighbours/draw-neighbours.js';
import { findNeighbours } from '../neighbours/find-neighbours.js';
import { drawStrip } from '../report/pictures/draw-strip.js';
import type { Neighbour, Picture, Pictures, SolvedPuzzle } from '../report/pictures/pictures.js';
import { project } from '../report/pictures/project.js';
import type { MeasureOptions } from './measure-checkpoint.js';
import { openCheckpoint, type OpenedCheckpoint } from './open-checkpoint.js';

const MOST_PUZZLES = 12;
/** Of each split. */
const MOST_ITEMS = { image: 150, video: 40 };
const NUM_QUERIES = 6;
const NUM_NEAREST = 6;
/** Of all files in base64: the page stays small enough to be mailed. */
const MOST_CHARACTERS = 2_300_000;

/** Throws PretextError as openCheckpoint and openItems do. */
export async function drawPictures(options: MeasureOptions): Promise<Pictures> {
  const opened = await openCheckpoint(options.run, options.checkpoint);
  const started = await backends[await chooseBackend(options.backend)].start();
  try {
    const evaluated = await loadParts(opened);
    const seen = await seeItems(opened, evaluated, options);
    const answered = await answerPuzzles(evaluated, seen.flatMap(({ media }) => media ?? []), opened.recipe.seed);
    const budget = createBudget();
    const neighbours = await drawNearest(seen, options.signal, budget);
    return { step: opened.provenance.step, neighbours, puzzles: await drawPuzzles(answered, seen, budget), ...mapFeatures(seen, evaluated.parts.stages.at(-1)!.name) };
  } finally {
    await started.dispose();
  }
}

interface Seen {
  readonly item: Item;
  /** Of the last stage. */
  readonly numbers: Float32Array;
  readonly thumbnail: Picture | undefined;
  /** Of those that are asked. */
  readonly media?: Media;
}

async function seeItems({ recipe, stage }: OpenedCheckpoint, { parts, values }: Evaluated, { signal, onProgress }: MeasureOptions): Promise<Seen[]> {
  const { model, modelOptions, layout, sizes: { side, pixels, classes }, puzzle } = parts;
  const chosen = (['test', 'train'] as const).flatMap((split) => {
    const all = (stage?.items ?? []).filter((item) => item.split === split);
    return spread(all, MOST_ITEMS[all[0]?.kind ?? 'image']);
  });
  const held = chosen.filter(({ split }) => split === 'test');
  const asked = new Set(spread(held.length > 0 ? held : chosen, MOST_PUZZLES));
  const encoder = createEncoder({ model, modelOptions, layout, values, side, pixels });
  try {
    const seen: Seen[] = [];
    for await (const { item, media } of openItems(chosen, { data: recipe.data, soundHz: puzzle.needs.soundHz, masks: puzzle.needs.mask, signal, onProgress: (what) => onProgress?.(`drawing pictures, ${what}`), onUnusable: () => {} })) {
      seen.push({
        item, numbers: (await encoder.encode(media.frames, recipe.evaluate.framesPerVideo)).at(-1)!, thumbnail: await drawStrip(item.path, middleOf(media.frames)),
        ...(asked.has(item) && { media: labelMedia(media, item.label, classes) }),
      });
    }
    return seen;
  } finally {
    encoder.dispose();
  }
}

/** Takes a picture where there is room for it. */
type Budget = (pictures: readonly Picture[]) => boolean;

function createBudget(): Budget {
  let left = MOST_CHARACTERS;
  return (pictures) => {
    const wanted = pictures.reduce((sum, { png }) => sum + png.length, 0);
    if (wanted > left) return false;
    left -= wanted;
    return true;
  };
}

async function drawPuzzles(answered: readonly Answered[], seen: readonly Seen[], fits: Budget): Promise<SolvedPuzzle[]> {
  const paths = new Map(seen.map(({ item }) => [item.index, item.path]));
  const puzzles: SolvedPuzzle[] = [];
  for (const { item, shown, answer, said } of answered) {
    const pictures = (await Promise.all(Object.entries(shown).map(([title, array]) => drawStrip(title, array)))).filter((picture) => picture !== undefined);
    if (fits(pictures)) puzzles.push({ path: paths.get(item)!, pictures, answer, ...dropUndefined({ said }) });
  }
  return puzzles;
}

async function drawNearest(seen: readonly Seen[], signal: AbortSignal, fits: Budget): Promise<Pictures['neighbours']> {
  const { queries } = await findNeighbours({ rows: seen }, { numQueries: NUM_QUERIES, numNearest: NUM_NEAREST, likeness: Infinity, signal });
  const byIndex = new Map(seen.map((each) => [each.item.index, each]));
  const toNeighbour = ({ index, path, label }: Item): Neighbour[] => {
    const picture = byIndex.get(index)!.thumbnail;
    return picture ? [{ path, picture, ...dropUndefined({ label }) }] : [];
  };
  return queries.flatMap(({ item, nearest }) => {
    const [asked] = toNeighbour(item);
    const found = nearest.flatMap(({ item: near, distance }) => toNeighbour(near).map((each) => ({ ...each, distance })));
    return asked && found.length > 0 && fits([asked, ...found].map(({ picture }) => picture)) ? [{ asked, nearest: found }] : [];
  });
}

/** Of fewer there is no map. */
const LEAST_POINTS = 8;

function mapFeatures(seen: readonly Seen[], stage: string): Pick<Pictures, 'map'> {
  if (seen.length < LEAST_POINTS) return {};
  const { places, shares } = project(seen.map(({ numbers }) => toUnit(numbers)));
  return { map: { stage, shares, points: seen.map(({ item: { path, label, split } }, i) => ({ path, split, x: places[i]![0], y: places[i]![1], ...dropUndefined({ label }) })) } };
}
