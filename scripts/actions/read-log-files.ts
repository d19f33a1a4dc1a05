// The log of a run from its folder, in the order of the records' numbers, without loading it whole.

import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { listLogNames } from '../../coordinator/logs/log-files.js';
import { isWanted, type LogFilter } from '../../coordinator/logs/log-query.js';
import { readTagged, type TaggedRecord } from '../../coordinator/logs/tag-record.js';
import { pathsOf } from '../../coordinator/run/folder.js';
import { PretextError } from '../../shared/errors/pretext-error.js';

/** Records of one source: its rotated file, then the current one. */
async function* readSource(folder: string, name: string): AsyncGenerator<TaggedRecord> {
  for (const file of [`${name}.1.ndjson`, `${name}.ndjson`]) {
    if (!existsSync(join(folder, file))) continue;
    for await (const line of createInterface({ input: createReadStream(join(folder, file)), crlfDelay: Infinity })) {
      const record = readTagged(line);
      if (record !== undefined) yield record;
    }
  }
}

interface Head {
  readonly record: TaggedRecord;
  readonly rest: AsyncGenerator<TaggedRecord>;
}

async function takeHead(rest: AsyncGenerator<TaggedRecord>): Promise<Head | undefined> {
  const next = await rest.next();
  return next.done === true ? undefined : { record: next.value, rest };
}

/** The records of a run's folder that the filter wants. Throws NOT_FOUND when it has no logs. */
export async function* readLogFiles(runFolder: string, filter: LogFilter): AsyncGenerator<TaggedRecord> {
  const folder = pathsOf(runFolder).logs;
  if (!existsSync(folder)) {
    throw new PretextError('NOT_FOUND', `expected the folder of a run, but "${runFolder}" has no logs.`, { hint: 'Runs are in runs/ unless --out said otherwise.' });
  }
  const sources = listLogNames(folder).map((name) => takeHead(readSource(folder, name)));
  let heads = (await Promise.all(sources)).filter((head) => head !== undefined);
  while (heads.length > 0) {
    const first = heads.reduce((a, b) => (a.record.id <= b.record.id ? a : b));
    if (isWanted(first.record, filter)) yield first.record;
    const next = await takeHead(first.rest);
    heads = heads.flatMap((head) => (head !== first ? [head] : next === undefined ? [] : [next]));
  }
}
