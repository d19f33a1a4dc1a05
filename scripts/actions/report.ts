// What `pretext report` does: writes the page of a run and says where.

import type { ReportFlags } from '../commands/report.js';
import { formatLines } from '../format/lines.js';
import { prepareFile } from '../measure/prepare-file.js';
import { checkRunFolder, requireNewestRun } from './run-folders.js';
import { showProgress } from './show-progress.js';
import { stopOnSignals } from './stop-on-signals.js';
import { writeRunPage } from './write-run-page.js';

/** Throws PretextError NOT_FOUND, BAD_RECIPE, BAD_ARGUMENT for the name of a folder, REFUSED, DISK_FULL or CANCELLED. */
export async function writeReportOf(run: string | undefined, { out, pictures: hasPictures, backend, json = false }: ReportFlags): Promise<void> {
  const folder = run === undefined ? requireNewestRun() : checkRunFolder(run);
  if (out !== undefined) await prepareFile(out);
  const written = await writeRunPage({
    run: folder, out, hasPictures, backend, signal: stopOnSignals(),
    onProgress: showProgress,
  });
  if (written.noPictures !== undefined) process.stderr.write(formatLines([`Without pictures: ${written.noPictures}`]));
  process.stdout.write(json ? `${JSON.stringify(written)}\n` : formatLines([written.file]));
}
