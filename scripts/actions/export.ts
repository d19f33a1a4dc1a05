// What `pretext export` does: reads a checkpoint and writes a folder for other programs. Loads no tensor library.

import { join } from 'node:path';
import { HEAD, TRUNK } from '../../shared/checkpoint/transfer.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { createLayout } from '../../shared/state/layout.js';
import { readSafetensors, type NamedArray } from '../../shared/tensors/safetensors.js';
import { writeWhole } from '../../shared/write-whole.js';
import { listFacts, writeCard, type Facts } from '../../worker/export/card.js';
import { HEADS, type Answers, type Exported, type ExportedFile, type ExportFormat, type Origin } from '../../worker/export/exported.js';
import { exportFormats, type ExportFormatName } from '../../worker/export/formats/index.js';
import type { ModelShape } from '../../worker/models/model.js';
import { modelShapes, type ModelName } from '../../worker/models/shapes.js';
import { pixelsOf } from '../../worker/pixels.js';
import type { ExportFlags } from '../commands/export.js';
import { formatLines } from '../format/lines.js';
import { readValues } from '../measure/read-values.js';
import { throwOnFull, writeFolder } from '../measure/write-folder.js';
import { openCheckpoint, type OpenedCheckpoint } from './open-checkpoint.js';
import { stopOnSignals } from './stop-on-signals.js';

/** Throws PretextError as writeExport does. */
export async function exportTrunk(from: string, flags: ExportFlags): Promise<void> {
  const told = await writeExport(from, flags, stopOnSignals());
  process.stdout.write(flags.json ? `${JSON.stringify(told)}\n` : formatLines([`${exportFormats[told.format].what} of "${told.checkpoint}" is in ${told.folder}:`, ...told.files.map((file) => `  ${file}`)]));
}

/** What was written, by the names of JSON. */
export interface Told {
  readonly checkpoint: string;
  readonly format: ExportFormatName;
  readonly folder: string;
  readonly files: readonly string[];
  readonly labels: readonly string[] | null;
}

/** Throws PretextError as openCheckpoint does, BAD_ARGUMENT for a trunk that the format cannot hold and for a folder that has something in it, CANCELLED. */
export async function writeExport(from: string, { format: name, out, checkpoint }: Omit<ExportFlags, 'json'>, signal?: AbortSignal): Promise<Told> {
  await throwOnFull(out);
  const opened = await openCheckpoint(from, checkpoint);
  const format: ExportFormat = exportFormats[name];
  const { exported, origin } = await readExported(opened);
  const facts = listFacts(name, format, exported, origin);
  const files = await format.files(exported, origin);
  await writeFolder(out, async (folder) => {
    for (const { name: file, pieces } of [...files, ...describeFiles({ facts, format, exported, origin, files })]) {
      if (signal?.aborted) throw new PretextError('CANCELLED', 'The export was stopped.');
      await writeWhole(join(folder, file), pieces);
    }
  });
  return { checkpoint: opened.path, format: name, folder: out, files: [...files.map((file) => file.name), 'README.md', 'export.json'], labels: facts.labels };
}

async function readExported({ path, recipe, provenance, convention }: OpenedCheckpoint): Promise<{ readonly exported: Exported; readonly origin: Origin }> {
  const { model: { name, options }, data } = recipe;
  const pixels = pixelsOf(data);
  const layout = createLayout((modelShapes[name as ModelName] as ModelShape).state(options, pixels.channels));
  const values = await readValues(path, layout);
  const trunk = layout.entries.map(({ name: array, shape, offset, length }): NamedArray => ({ name: array, shape, values: values.subarray(offset, offset + length) }));
  const { tensors: heads, metadata } = await readSafetensors(path, (array) => array.startsWith(HEAD) && !array.startsWith(TRUNK));
  const answers = answersOf(data.classes, heads);
  return {
    exported: { model: { name, options }, side: data.side, pixels, arrays: [...trunk, ...heads], ...(answers && data.classes && { classes: data.classes, answers }) },
    origin: { provenance, metadata, shortSide: data.shortSide, ...(convention !== undefined && { convention }) },
  };
}

/** What the layer over the trunk answers that tells the classes; undefined without one. */
const answersOf = (classes: readonly string[] | undefined, heads: readonly NamedArray[]): Answers | undefined =>
  (['one', 'several'] as const).find((answers) => heads.some(({ name, shape }) => name === `${HEADS[answers]}/kernel` && shape[1] === classes?.length));

interface Written {
  readonly facts: Facts;
  readonly format: ExportFormat;
  readonly exported: Exported;
  readonly origin: Origin;
  readonly files: readonly ExportedFile[];
}

function describeFiles({ facts, format, exported, origin, files }: Written): ExportedFile[] {
  const card = writeCard(facts, { format, usage: format.usage(exported, origin), files });
  return [{ name: 'README.md', pieces: [card], what: 'model card' }, { name: 'export.json', pieces: [`${JSON.stringify(facts, undefined, 2)}\n`], what: 'the same for programs' }];
}
