// The records of a folder of logs in the order of their numbers, without loading them whole.

import { closeSync, createReadStream, fstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { listLogNames } from './log-files.js';
import { readTagged, type TaggedRecord } from './tag-record.js';

function openIfThere(path: string): number[] {
  try {
    return [openSync(path, 'r')];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A source's rotated file and the current one, as far as they are there. */
function openBoth(folder: string, name: string): number[] {
  const path = join(folder, `${name}.1.ndjson`);
  for (;;) {
    const rotated = openIfThere(path);
    const files = [...rotated, ...openIfThere(join(folder, `${name}.ndjson`))];
    // Where another process has turned a file over in between, the newer half of two is here, or one of them twice.
    if (rotated.map((file) => fstatSync(file).ino)[0] === statSync(path, { throwIfNoEntry: false })?.ino) return files;
    files.forEach(closeSync);
  }
}

/** Records of one source. Its files are opened at once: one that is turned over or removed meanwhile is read to its end all the same. */
async function* readSource(folder: string, name: string): AsyncGenerator<TaggedRecord> {
  const inputs = openBoth(folder, name).map((fd) => createReadStream('', { fd }));
  try {
    for (const input of inputs) {
      for await (const line of createInterface({ input, crlfDelay: Infinity })) {
        const record = readTagged(line);
        if (record !== undefined) yield record;
      }
    }
  } finally {
    for (const input of inputs) input.destroy();
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

/** Of all sources. Throws what the file system throws. */
export async function* readLogs(folder: string): AsyncGenerator<TaggedRecord> {
  const sources = listLogNames(folder).map((name) => readSource(folder, name));
  try {
    let heads = (await Promise.all(sources.map(takeHead))).filter((head) => head !== undefined);
    while (heads.length > 0) {
      const first = heads.reduce((a, b) => (a.record.id <= b.record.id ? a : b));
      yield first.record;
      const next = await takeHead(first.rest);
      heads = heads.flatMap((head) => (head !== first ? [head] : next === undefined ? [] : [next]));
    }
  } finally {
    // Whoever has enough leaves files open.
    await Promise.all(sources.map((source) => source.return(undefined)));
  }
}
