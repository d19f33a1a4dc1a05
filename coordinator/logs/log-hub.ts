// All log records of a run, its own and those that workers send: numbered, kept in files and in memory, handed to readers.
// Leaves out who may read: the server asks for a token before it calls handleLogs.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../shared/errors/pretext-error.js';
import type { LogSink } from '../../shared/log/create-log.js';
import { LEVELS } from '../../shared/log/levels.js';
import { createLogFiles, readNewestRecords, type LogFiles } from './log-files.js';
import { isWanted, type LogQuery } from './log-query.js';
import { createLogRing } from './log-ring.js';
import { readLogs } from './read-logs.js';
import { createLogStreams } from './log-streams.js';
import { COORDINATOR, tagRecord, type TaggedRecord } from './tag-record.js';

export interface LogHubOptions {
  /** The run's `logs/`; made if it is not there. Numbers go on after those of the records in it. */
  readonly folder: string;
  /** Records in memory. Default 5000. */
  readonly maxRecords?: number;
  /** Characters of the records in memory. Default 16 Mi. */
  readonly maxChars?: number;
  /** A file that grows beyond it is kept once as `NAME.1.ndjson`. Default 32 MiB. */
  readonly maxFileBytes?: number;
  /** Of all files of the folder; those that were written to longest ago are removed first. Default 1 GiB. */
  readonly maxTotalBytes?: number;
  /** Milliseconds between signs of life to a follower when there are no records. Default 15000. */
  readonly keepAliveMs?: number;
  /** Told once when records cannot be written to the folder, and they stay in memory only. Default: a line on stderr. */
  readonly onDiskProblem?: (problem: string) => void;
}

export interface LogHub {
  /** For createLog: takes the coordinator's own records. */
  readonly sink: LogSink;
  /** Takes a worker's records, lines of JSON, and how many it has dropped since it started. */
  receive(worker: string, records: readonly string[], droppedSoFar: number): void;
  /** Calls `onRecord` with what is kept in memory, then with each new record, until the returned function is called. */
  subscribe(query: LogQuery, onRecord: (record: TaggedRecord) => void): () => void;
  /** Answers `GET /logs`. */
  handleLogs(request: IncomingMessage, response: ServerResponse): void;
  /** Tells followers that the run is over and ends their streams. Not for a restart: they would not come back. */
  finish(): Promise<void>;
}

function reportDiskProblem(problem: string): void {
  process.stderr.write(`warning: log records are not written to the run's folder: ${problem}\n`);
}

/** Makes the part that keeps records on disk as long as the disk takes them. `onProblem` is told once until it does again. */
function createStore(files: LogFiles, onProblem: (problem: string) => void): LogFiles['append'] {
  let hasProblem = false;
  return (source, records) => {
    try {
      files.append(source, records);
      hasProblem = false;
    } catch (error) {
      // A full disk must not stop the run for its logs. A record of it would fail here again.
      if (!hasProblem) onProblem(messageOf(error));
      hasProblem = true;
    }
  };
}

/** Opens the hub of a run's folder. Throws what the file system throws when the folder cannot be made or read. */
export function createLogHub(options: LogHubOptions): LogHub {
  const { folder, maxRecords = 5000, maxChars = 16 * 1024 * 1024, maxFileBytes = 32 * 1024 * 1024, maxTotalBytes = 1024 ** 3 } = options;
  const { keepAliveMs = 15_000, onDiskProblem = reportDiskProblem } = options;
  const store = createStore(createLogFiles(folder, { maxFileBytes, maxTotalBytes }), onDiskProblem);
  const ring = createLogRing(readNewestRecords(folder, maxRecords, maxChars), maxRecords, maxChars);
  const streams = createLogStreams(ring, { keepAliveMs, readOlder: () => readLogs(folder) });
  const listeners = new Set<(record: TaggedRecord) => void>();
  const droppedOf = new Map<string, number>();

  function add(source: string, texts: readonly string[]): void {
    if (texts.length === 0) return;
    const nowMs = Date.now();
    const records = texts.map((text, i) => tagRecord(ring.lastId + 1 + i, source, text, nowMs));
    // On disk before anyone has seen it: a number that was seen is never given twice.
    store(source, records);
    for (const record of records) {
      ring.push(record);
      for (const listener of listeners) listener(record);
    }
    streams.wake();
  }

  function noteDropped(worker: string, droppedSoFar: number): void {
    const dropped = droppedSoFar - (droppedOf.get(worker) ?? 0);
    droppedOf.set(worker, droppedSoFar);
    if (dropped <= 0) return;
    const msg = 'records of a worker were dropped before they could be sent';
    add(COORDINATOR, [JSON.stringify({ level: LEVELS.warn, time: Date.now(), msg, worker, dropped })]);
  }

  return {
    sink: { write: (line) => add(COORDINATOR, [line.trimEnd()]) },
    receive(worker, records, droppedSoFar) {
      noteDropped(worker, droppedSoFar);
      add(worker === COORDINATOR ? `worker-${worker}` : worker, records);
    },
    subscribe(query, onRecord) {
      const onWanted = (record: TaggedRecord): void => {
        if (isWanted(record, query)) onRecord(record);
      };
      for (let next = ring.after(query.since ?? ring.start); next !== undefined; next = ring.after(next.record.id)) {
        onWanted(next.record);
      }
      listeners.add(onWanted);
      return () => listeners.delete(onWanted);
    },
    handleLogs: (request, response) => streams.open(request, response),
    finish: () => streams.finish(),
  };
}
