// The log of a run from its folder, in the order of the records' numbers.

import { existsSync } from 'node:fs';
import { isWanted, type LogFilter } from '../../coordinator/logs/log-query.js';
import { readLogs } from '../../coordinator/logs/read-logs.js';
import type { TaggedRecord } from '../../coordinator/logs/tag-record.js';
import { pathsOf } from '../../coordinator/run/folder.js';
import { PretextError } from '../../shared/errors/pretext-error.js';

/** The records of a run's folder that the filter wants. Throws NOT_FOUND when it has no logs. */
export async function* readLogFiles(runFolder: string, filter: LogFilter): AsyncGenerator<TaggedRecord> {
  const folder = pathsOf(runFolder).logs;
  if (!existsSync(folder)) {
    throw new PretextError('NOT_FOUND', `expected the folder of a run, but "${runFolder}" has no logs.`, { hint: 'Runs are in runs/ unless --out said otherwise.' });
  }
  for await (const record of readLogs(folder)) if (isWanted(record, filter)) yield record;
}
