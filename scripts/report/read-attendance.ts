// Who took part in a run when, by the clock: from the coordinator's log, which alone has times. A log that is rotated begins late.

import { COORDINATOR } from '../../coordinator/logs/tag-record.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { readLogFiles } from '../actions/read-log-files.js';

/** A worker that was connected. Milliseconds since 1970. */
export interface Presence {
  readonly worker: string;
  readonly host: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Why it was gone then, where it did not stay to the end. */
  readonly end?: string;
}

export interface Attendance {
  readonly presences: readonly Presence[];
  /** Each start of a coordinator; the first one began the run. */
  readonly starts: readonly number[];
  /** Of what is on record. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Steps and when they were committed, some of them. */
  readonly steps: readonly { readonly stage: number; readonly step: number; readonly atMs: number }[];
}

/** A record of the coordinator's log, as far as it counts here. */
export interface LogRecord {
  readonly time: number;
  readonly msg: string;
  readonly worker?: string;
  readonly host?: string;
  readonly why?: string;
  readonly reason?: string;
  readonly stage?: number;
  readonly step?: number;
}

/** Of a folder without a log nothing is known. */
export async function readAttendance(folder: string): Promise<Attendance> {
  const records: LogRecord[] = [];
  try {
    for await (const { source, line } of readLogFiles(folder, {})) {
      const record = source === COORDINATOR ? JSON.parse(line) as LogRecord : undefined;
      if (record && MESSAGES.has(record.msg)) records.push(record);
    }
  } catch (error) {
    if (!(error instanceof PretextError)) throw error;
  }
  return listPresences(records);
}

/** What coordinator/observe/log-events.ts writes. */
const SAID = {
  start: 'coordinator listens', connected: 'worker connected', left: 'worker left', failed: 'worker failed', wrong: 'worker computed wrong numbers, as an audit found: it is shut out',
  steps: 'steps committed', stop: 'run stops', stage: 'stage is complete', saved: 'checkpoint saved',
} as const;
const MESSAGES: ReadonlySet<string> = new Set(Object.values(SAID));

interface Open {
  readonly host: string;
  readonly fromMs: number;
}

/** Pure. */
export function listPresences(records: readonly LogRecord[]): Attendance {
  const open = new Map<string, Open>();
  const presences: Presence[] = [];
  const close = (worker: string, toMs: number, end?: string): void => {
    const known = open.get(worker);
    if (known) presences.push({ worker, ...known, toMs, ...(end !== undefined && { end }) });
    open.delete(worker);
  };
  let lastMs = records[0]?.time ?? 0;
  for (const { time, msg, worker = '', host = '', why, reason } of records) {
    if (msg === SAID.start) for (const each of [...open.keys()]) close(each, lastMs, 'the coordinator was gone');
    // Between stages workers connect again.
    if (msg === SAID.connected && !open.has(worker)) open.set(worker, { host, fromMs: time });
    if (msg === SAID.left) close(worker, time, why);
    if (msg === SAID.failed) close(worker, time, `failed: ${reason ?? ''}`);
    if (msg === SAID.wrong) close(worker, time, 'computed wrong numbers');
    lastMs = time;
  }
  for (const each of [...open.keys()]) close(each, lastMs);
  return {
    presences: presences.sort((a, b) => a.fromMs - b.fromMs),
    starts: records.filter(({ msg }) => msg === SAID.start).map(({ time }) => time),
    fromMs: records[0]?.time ?? 0,
    toMs: lastMs,
    steps: records.flatMap(({ msg, stage, step, time }) => (msg === SAID.steps && stage !== undefined && step !== undefined ? [{ stage, step, atMs: time }] : [])),
  };
}
