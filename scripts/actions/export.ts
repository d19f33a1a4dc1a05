// What `pretext export` does: reads a checkpoint and writes a folder for other programs. Loads no tensor library.

import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HEAD, TRUNK } from '../../shared/checkpoint/transfer.js';
import { explainDiskError } from '../../shared/errors/disk-error.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { makeFolder } from '../../shared/make-folder.js';
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
  await writeAll(out, [...files, ...describeFiles({ facts, format, exported, origin, files })], signal);
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

/** Throws BAD_ARGUMENT where files of another export would lie among these, REFUSED where no folder can be. */
async function throwOnFull(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw explainDiskError(error, folder);
  });
  if (names.length === 0) return;
  throw new PretextError('BAD_ARGUMENT', `--out: expected a folder that is empty or not there, but "${folder}" has something in it.`, { hint: 'Give another one.' });
}

/** The folder is there with all of its files, or not at all. */
async function writeAll(out: string, files: readonly ExportedFile[], signal: AbortSignal | undefined): Promise<void> {
  const folder = resolve(out);
  // A name that nobody else has given: it is removed where the export fails.
  const partial = `${folder}.${randomUUID()}.partial`;
  try {
    await makeFolder(partial);
    for (const { name, pieces } of files) {
      if (signal?.aborted) throw new PretextError('CANCELLED', 'The export was stopped.');
      await writeWhole(join(partial, name), pieces);
    }
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw explainDiskError(error, folder);
  }
}
