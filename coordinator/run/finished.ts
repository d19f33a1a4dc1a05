// A run that is over: every stage complete, its last checkpoint what the journal says, its report in the folder.

import { readFile } from 'node:fs/promises';
import { readJournal } from '../journal/journal.js';
import { findResult } from './open-stage.js';
import type { PreparedRun } from './prepare.js';
import type { RunPaths } from './folder.js';
import type { RunReport } from './report.js';

/** The report; undefined when there is still something to do, be it to write the report again. */
export async function readFinished<Report extends RunReport>({ stages, paths }: PreparedRun & { readonly paths: RunPaths }): Promise<Report | undefined> {
  // First, for most runs that are started again have none, and a journal may be long.
  const report = await readReport(paths.report);
  if (!report) return undefined;
  const { entries, fault } = await readJournal(paths.journal);
  const [first] = entries;
  if (fault || first?.type !== 'run' || report.runId !== first.runId) return undefined;
  const outcome = await findResult(stages.at(-1)!, entries);
  return outcome && report.digest === outcome.digest ? (report as Report) : undefined;
}

async function readReport(path: string): Promise<Partial<RunReport> | undefined> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as Partial<RunReport> | null) ?? undefined;
  } catch {
    return undefined;
  }
}
