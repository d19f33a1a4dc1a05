// Queries with their nearest items as one picture: a row a query, under each neighbour its distance and class.

import type { Item } from '../../shared/datasets/dataset.js';
import { countChannels, type Frames } from '../../worker/decode/frames.js';
import { spaceFrames } from '../../worker/evaluate/features.js';
import type { ShownArray } from '../../worker/tasks/task.js';
import { openItems, type OpenOptions } from '../measure/open-items.js';
import { drawContactSheet, type SheetRow } from '../tasks/contact-sheet.js';
import { showArray, type Shown } from '../tasks/show-array.js';
import type { Query } from './find-neighbours.js';

const LONGEST_LABEL = 14;

const shorten = (label: string): string => (label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label);

/** Bytes of a PNG. */
export async function drawNeighbours(queries: readonly Query[], options: Omit<OpenOptions, 'onUnusable' | 'onProgress'>): Promise<Buffer> {
  const items = new Map(queries.flatMap(({ item, nearest }) => [item, ...nearest.map((near) => near.item)]).map((item) => [item.index, item]));
  const shown = new Map<number, Shown>();
  // All of them could be decoded a moment ago.
  for await (const { item, media } of openItems([...items.values()], { ...options, onUnusable: () => {} })) shown.set(item.index, showArray(middleOf(media.frames)));
  const show = ({ index }: Item): Shown => shown.get(index) ?? { text: 'not there any more' };
  return drawContactSheet(queries.map(({ item, nearest }): SheetRow => ({
    caption: item.path,
    groups: [
      { title: shorten(item.label ?? 'query'), shown: show(item) },
      ...nearest.map((near) => ({ title: `${near.distance.toFixed(3)} ${shorten(near.item.label ?? '')}`.trimEnd(), shown: show(near.item) })),
    ],
  })));
}

/** The middle frame of a clip. */
export function middleOf(frames: Frames): ShownArray {
  const { dataNHWC, numFrames, height, width } = frames;
  const channels = countChannels(frames);
  const [middle] = spaceFrames(numFrames, 1) as [number];
  const length = height * width * channels;
  return { shape: [height, width, channels], values: dataNHWC.subarray(middle * length, (middle + 1) * length) };
}
