// A log record with its number and where it comes from. What a worker sends is not trusted to be a record.

import { boundRecord } from '../../shared/log/bound-record.js';
import { LEVELS } from '../../shared/log/levels.js';

export const COORDINATOR = 'coordinator';

/** A numbered record, with what filters look at beside its text. */
export interface TaggedRecord {
  /** Counts up over all records of a run, through restarts of the coordinator. */
  readonly id: number;
  /** `coordinator` or the id of the worker that wrote it. */
  readonly source: string;
  /** The worker that wrote it or that it is about. */
  readonly worker: string | undefined;
  readonly level: number;
  /** Milliseconds since 1970, by the clock of whoever wrote it. */
  readonly time: number;
  /** `{ id, source, worker, ...record }` as JSON, without a newline. */
  readonly line: string;
}

function parseRecord(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Not JSON: the text itself is the message.
  }
  return { msg: text };
}

/** Tags a record that arrived as a line of JSON. What is no record becomes the message of one. */
export function tagRecord(id: number, source: string, text: string, nowMs: number): TaggedRecord {
  const record = parseRecord(boundRecord(text));
  const level = Number.isFinite(record['level']) ? Number(record['level']) : LEVELS.info;
  const time = Number.isFinite(record['time']) ? Number(record['time']) : nowMs;
  const about = typeof record['worker'] === 'string' ? record['worker'] : undefined;
  const worker = source === COORDINATOR ? about : source;
  const tags = { id, source, ...(worker === undefined ? {} : { worker }), level, time };
  // Twice: the first puts the tags in front, the second keeps the record from changing them.
  return { id, source, worker, level, time, line: JSON.stringify({ ...tags, ...record, ...tags }) };
}

/** Reads back a line of a log file; undefined for one that was cut off by a crash. */
export function readTagged(line: string): TaggedRecord | undefined {
  try {
    const { id, source, worker, level, time } = JSON.parse(line) as Record<string, unknown>;
    if (typeof id !== 'number' || typeof source !== 'string' || typeof level !== 'number' || typeof time !== 'number') return undefined;
    return { id, source, worker: typeof worker === 'string' ? worker : undefined, level, time, line };
  } catch {
    return undefined;
  }
}
