// Who took part when, from the records that the log's own listener writes: both must speak of the same things in the same words.

import test from 'ava';
import type { Logger } from 'pino';
import { createLogEvents } from '../../../coordinator/observe/log-events.js';
import type { RunEvent } from '../../../coordinator/run/events.js';
import { listPresences, type LogRecord } from '../../../scripts/report/read-attendance.js';

function record(events: readonly (readonly [time: number, event: RunEvent])[]): LogRecord[] {
  const records: LogRecord[] = [];
  let now = 0;
  const write = (fields: object | string, msg = ''): number => records.push({ time: now, ...(typeof fields === 'string' ? { msg: fields } : { ...fields, msg }) });
  const log = Object.fromEntries(['debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, write])) as unknown as Logger;
  const listen = createLogEvents({ log, now: () => now, samplesPerSecond: () => undefined });
  for (const [time, event] of events) {
    now = time;
    listen(event);
  }
  return records;
}

const connected = (worker: string): RunEvent => ({ type: 'workerConnected', stage: 1, worker, host: 'h', backend: 'cpu', step: 0 });

test('a worker is there from when it connected to when it left, failed or the coordinator was gone', (t) => {
  const listening: RunEvent = { type: 'listening', url: 'u', folder: 'f' };
  const { presences, starts, steps, fromMs, toMs } = listPresences(record([
    [1000, listening], [2000, connected('a')], [3000, connected('b')], [4000, { type: 'workerLeft', stage: 1, worker: 'a', phase: 'p', reason: 'closed' }],
    [9000, { type: 'stepCommitted', stage: 1, step: 7, steps: 9, samples: 4, totals: { loss: 1, terms: {}, metrics: {}, weights: {}, unusable: [] } as never }],
    [20_000, listening], [21_000, connected('b')], [22_000, connected('c')], [22_500, connected('b')],
    [23_000, { type: 'workerFailed', stage: 1, worker: 'c', code: 'DEVICE_LOST', message: 'no device', hint: undefined, step: 7 }],
    [24_000, { type: 'checkpointSaved', stage: 1, step: 9, path: 'p' }],
  ]));
  t.deepEqual(presences, [
    { worker: 'a', host: 'h', fromMs: 2000, toMs: 4000, end: 'closed' },
    { worker: 'b', host: 'h', fromMs: 3000, toMs: 9000, end: 'the coordinator was gone' },
    { worker: 'b', host: 'h', fromMs: 21_000, toMs: 24_000 },
    { worker: 'c', host: 'h', fromMs: 22_000, toMs: 23_000, end: 'failed: no device' },
  ]);
  t.deepEqual(starts, [1000, 20_000]);
  t.deepEqual(steps, [{ stage: 1, step: 7, atMs: 9000 }]);
  t.deepEqual([fromMs, toMs], [1000, 24_000]);
});
