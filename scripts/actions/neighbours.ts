// What `pretext neighbours` does: encodes all items, finds the nearest, draws them.

import { writeWhole } from '../../shared/write-whole.js';
import type { NeighboursFlags } from '../commands/neighbours.js';
import { formatLines } from '../format/lines.js';
import { formatNeighbours } from '../format/neighbours.js';
import { formatUnusable } from '../format/unusable.js';
import { encodeItems } from '../measure/encode-items.js';
import { prepareFile } from '../measure/prepare-file.js';
import { drawNeighbours } from '../neighbours/draw-neighbours.js';
import { findNeighbours } from '../neighbours/find-neighbours.js';
import { showProgress } from './show-progress.js';
import { stopOnSignals } from './stop-on-signals.js';

/** Throws PretextError as encodeItems does, DISK_FULL. */
export async function showNeighbours(from: string, { out, data: folder, queries: numQueries, nearest: numNearest, likeness, stage, backend, json = false }: NeighboursFlags): Promise<void> {
  await prepareFile(out, { endings: ['.png'] });
  const signal = stopOnSignals();
  const encoded = await encodeItems({ from, folder, backend, stage, split: 'all', per: 'item', signal, onProgress: showProgress });
  const found = await findNeighbours(encoded, { numQueries, numNearest, likeness, signal });
  await writeWhole(out, [await drawNeighbours(found.queries, { data: encoded.data, signal })]);
  const { checkpoint, data, stages, unusable } = encoded;
  const told = {
    checkpoint, data: data.root, picture: out, stages: stages.map(({ name }) => name), likeness, duplicates: found.duplicates, unusable,
    queries: found.queries.map(({ item, nearest }) => ({
      path: item.path, label: item.label, nearest: nearest.map(({ item: { path, label }, distance }) => ({ path, label, distance })),
    })),
  };
  const lines = [...formatNeighbours(found, likeness), ...formatUnusable(unusable), out];
  process.stdout.write(json ? `${JSON.stringify(told)}\n` : formatLines(lines));
}
