// What `pretext embed` does: encodes items by a frozen trunk and writes the table.

import { writeWhole } from '../../shared/write-whole.js';
import { endings, formatOf } from '../embed/formats.js';
import type { EmbedFlags } from '../commands/embed.js';
import { formatLines } from '../format/lines.js';
import { formatUnusable } from '../format/unusable.js';
import { encodeItems } from '../measure/encode-items.js';
import { prepareFile } from '../measure/prepare-file.js';
import { showProgress } from './show-progress.js';
import { stopOnSignals } from './stop-on-signals.js';

/** Throws PretextError as encodeItems does, BAD_ARGUMENT for a file of another format, DISK_FULL. */
export async function writeFeatures(from: string, { out, data, stage, split, per, frames, backend, json = false }: EmbedFlags): Promise<void> {
  await prepareFile(out, { endings });
  const format = await formatOf(out);
  const { checkpoint, data: { root }, rows, stages, unusable } = await encodeItems({
    from, folder: data, backend, stage, split, per, numFrames: frames, signal: stopOnSignals(), onProgress: showProgress,
  });
  const files = format({ rows, stages, isPerFrame: per === 'frame' }, out);
  for (const { path, pieces } of files) await writeWhole(path, pieces);
  const told = {
    checkpoint, data: root, files: files.map(({ path }) => path), per, split, numRows: rows.length, numItems: new Set(rows.map(({ item }) => item.index)).size,
    stages: stages.map(({ name, channels }) => ({ name, numbers: channels })), unusable,
  };
  const numbers = told.stages.map(({ name, numbers }) => `${numbers} of ${name}`).join(', ');
  const lines = [`${rows.length} rows of ${told.numItems} items, numbers in each: ${numbers}`, ...formatUnusable(unusable), ...told.files];
  process.stdout.write(json ? `${JSON.stringify(told)}\n` : formatLines(lines));
}
