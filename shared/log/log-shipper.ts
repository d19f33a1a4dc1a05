// A worker's log records on their way to the coordinator: kept while there is no connection, bounded, and honest about what
// was dropped. The connection itself is the caller's.

import { boundRecord } from './bound-record.js';
import type { LogSink } from './create-log.js';

export interface LogShipperOptions {
  /** Records that are kept at most; the oldest go first. Default 5000. */
  readonly maxRecords?: number;
  /** Characters of all kept records at most. Default 4 Mi. */
  readonly maxChars?: number;
  /** Records of one `send` at most. Default 200. */
  readonly batchRecords?: number;
  /** Milliseconds between two flushes. Default 250. */
  readonly flushMs?: number;
  /**
   * Sends records, each a line of JSON without its newline. False when they cannot be sent now: they are kept and given again.
   * `droppedSoFar` counts all records dropped since the start. Must not throw.
   */
  send(records: readonly string[], droppedSoFar: number): boolean;
}

export interface LogShipper extends LogSink {
  /** Sends what is queued, as far as `send` takes it. True when nothing is left. */
  flush(): boolean;
  /** Flushes a last time and stops the timer. */
  stop(): void;
  readonly numQueued: number;
  readonly numDropped: number;
}

interface Queue {
  readonly numQueued: number;
  /** Records that were pushed out because the queue was full. */
  readonly numDropped: number;
  push(record: string): void;
  takeOldest(count: number): string[];
  putBack(records: readonly string[]): void;
}

function createQueue(maxRecords: number, maxChars: number): Queue {
  const queue: string[] = [];
  let queuedChars = 0;
  let numDropped = 0;

  function takeOldest(count: number): string[] {
    const taken = queue.splice(0, count);
    for (const record of taken) queuedChars -= record.length;
    return taken;
  }

  return {
    get numQueued() {
      return queue.length;
    },
    get numDropped() {
      return numDropped;
    },
    push(record) {
      queue.push(record);
      queuedChars += record.length;
      while (queue.length > maxRecords || queuedChars > maxChars) {
        takeOldest(1);
        numDropped += 1;
      }
    },
    takeOldest,
    putBack(records) {
      queue.unshift(...records);
      for (const record of records) queuedChars += record.length;
    },
  };
}

/** Makes a shipper; give it to createLog as a sink. Its timer keeps no process alive; `stop` ends it. */
export function createLogShipper(options: LogShipperOptions): LogShipper {
  const { maxRecords = 5000, maxChars = 4 * 1024 * 1024, batchRecords = 200, flushMs = 250 } = options;
  const queue = createQueue(maxRecords, maxChars);
  let isFlushing = false;

  function flush(): boolean {
    // `send` may itself log; what it writes waits for the next flush.
    if (isFlushing) return false;
    isFlushing = true;
    try {
      for (let left = queue.numQueued; left > 0; ) {
        const batch = queue.takeOldest(Math.min(left, batchRecords));
        left -= batch.length;
        if (options.send(batch, queue.numDropped)) continue;
        queue.putBack(batch);
        return false;
      }
      return true;
    } finally {
      isFlushing = false;
    }
  }

  const timer = setInterval(flush, flushMs);
  timer.unref();

  return {
    write: (line) => queue.push(boundRecord(line.trimEnd())),
    flush,
    stop() {
      clearInterval(timer);
      flush();
    },
    get numQueued() {
      return queue.numQueued;
    },
    get numDropped() {
      return queue.numDropped;
    },
  };
}
