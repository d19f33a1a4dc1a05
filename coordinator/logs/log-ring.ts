// The newest records in memory, for readers that come late or fall behind. Readers keep a position, not a queue of their own.

import type { TaggedRecord } from './tag-record.js';

export interface LogRing {
  push(record: TaggedRecord): void;
  /** The first record after `id`, and how many before it are gone; undefined when there is none yet. */
  after(id: number): { readonly record: TaggedRecord; readonly numGone: number } | undefined;
  /** Id of the newest record; 0 when there never was one. */
  readonly lastId: number;
  /** Position just before the oldest record that is kept. */
  readonly start: number;
}

/** `records`: what is known from before, in order of their ids. */
export function createLogRing(records: readonly TaggedRecord[], maxRecords: number, maxChars: number): LogRing {
  const kept: TaggedRecord[] = [];
  let keptChars = 0;
  let lastId = 0;
  /** All up to this id are gone. */
  let goneUpTo = (records[0]?.id ?? 1) - 1;

  function push(record: TaggedRecord): void {
    kept.push(record);
    keptChars += record.line.length;
    lastId = record.id;
    while (kept.length > maxRecords || (keptChars > maxChars && kept.length > 1)) {
      const oldest = kept.shift()!;
      keptChars -= oldest.line.length;
      goneUpTo = oldest.id;
    }
  }

  /** Index of the first kept record with a greater id. */
  function indexAfter(id: number): number {
    let low = 0;
    let high = kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (kept[middle]!.id <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  for (const record of records) push(record);
  return {
    push,
    after(id) {
      const record = kept[indexAfter(id)];
      return record === undefined ? undefined : { record, numGone: Math.max(0, goneUpTo - id) };
    },
    get lastId() {
      return lastId;
    },
    get start() {
      return goneUpTo;
    },
  };
}
