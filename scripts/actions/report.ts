// What `pretext report` does: writes the page of a run and says where.

import type { ReportFlags } from '../commands/report.js';
import { checkRunFolder, requireNewestRun } from './run-folders.js';
import { showProgress } from './show-progress.js';
import { stopOnSignals } from './stop-on-signals.js';
import { writeRunPage } from './write-run-page.js';

/** Throws PretextError NOT_FOUND, BAD_RECIPE, DISK_FULL or CANCELLED. */
export async function writeReportOf(run: string | undefined, { out, pictures: hasPictures, backend, json = false }: ReportFlags): Promise<void> {
  const written = await writeRunPage({
    run: run === undefined ? requireNewestRun() : checkRunFolder(run), out, hasPictures, backend, signal: stopOnSignals(),
    onProgress: showProgress,
  });
  if (written.noPictures !== undefined) process.stderr.write(`Without pictures: ${written.noPictures}\n`);
  process.stdout.write(json ? `${JSON.stringify(written)}\n` : `${written.file}\n`);
}
