// The records of a folder of logs in the order of their numbers, without loading them whole.

import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { listLogNames } from './log-files.js';
import { readTagged, type TaggedRecord } from './tag-record.js';

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

/** Of all sources. */
export async function* readLogs(folder: string): AsyncGenerator<TaggedRecord> {
  const sources = listLogNames(folder).map((name) => takeHead(readSource(folder, name)));
  let heads = (await Promise.all(sources)).filter((head) => head !== undefined);
  try {
    while (heads.length > 0) {
      const first = heads.reduce((a, b) => (a.record.id <= b.record.id ? a : b));
      yield first.record;
      const next = await takeHead(first.rest);
      heads = heads.flatMap((head) => (head !== first ? [head] : next === undefined ? [] : [next]));
    }
  } finally {
    // Whoever has enough leaves files open.
    await Promise.all(heads.map(({ rest }) => rest.return(undefined)));
  }
}
