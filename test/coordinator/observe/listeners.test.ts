// What metrics.ndjson, quarantine.ndjson, the log and the count of lost lines make of events.

import { pino } from 'pino';
import test from 'ava';
import { createLogEvents } from '../../../coordinator/observe/log-events.js';
import { metricsLines } from '../../../coordinator/observe/metrics.js';
import { quarantineLines } from '../../../coordinator/observe/quarantine.js';
import type { RunEvent } from '../../../coordinator/run/events.js';
import { countLostLines } from '../../../coordinator/run/lost-lines.js';

const commit = (step: number, metrics: Record<string, number> = {}): RunEvent =>
  ({ type: 'stepCommitted', stage: 1, step, steps: 10, samples: 8, totals: { weights: { samples: 8, main: 8 }, loss: 2, terms: { crossEntropy: 2 }, metrics, unusable: [], gradient: '' } });
const bad = { path: 'a.mp4', code: 'DECODE_FAILED', reason: 'torn' };

test('a metric that is named as a column of metrics.ndjson does not take its place', (t) => {
  t.deepEqual(metricsLines(commit(3, { loss: 99, step: 98 }), 4, 1.5), [
    { stage: 1, step: 3, loss: 2, terms: { crossEntropy: 2 }, metrics: { loss: 99, step: 98 }, weight: 8, samplesPerSecond: 4, seconds: 1.5 },
  ]);
  t.false('samplesPerSecond' in metricsLines(commit(1), undefined, 0)[0]!);
  t.deepEqual(metricsLines({ type: 'listening', url: '', folder: '' }, 1, 1), []);
});

test('files that cannot be listed and samples that cannot be used are quarantined alike', (t) => {
  t.deepEqual(quarantineLines({ type: 'listed', stage: 1, root: '', source: '', task: '', train: 1, test: 0, rejected: [bad], lines: [], problems: [] }), [{ stage: 1, step: 0, ...bad }]);
  t.deepEqual(quarantineLines({ type: 'sampleQuarantined', stage: 1, step: 4, position: 30, ...bad }), [{ stage: 1, step: 4, position: 30, ...bad }]);
  t.deepEqual(quarantineLines(commit(1)), []);
});

test('stages on the same data say once what is in them', (t) => {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) });
  const listen = createLogEvents({ log, now: () => 0, samplesPerSecond: () => 1 });
  const listed = (stage: number, contents: string): RunEvent => ({ type: 'listed', stage, root: '/data', source: 'image-folder', task: 'rotation', train: 1, test: 0, rejected: [bad], lines: [contents], problems: ['few'] });
  for (const event of [listed(1, '1 image'), listed(2, '1 image'), listed(3, '2 images')]) listen(event);
  const whole = (contents: string): string[] => ['file cannot be used', 'data listed', `data: ${contents}`, 'data: few'];
  t.deepEqual(lines, [...whole('1 image'), 'data listed', ...whole('2 images')]);
});

test('the log says what steps have come to now and then, and at the last step', (t) => {
  const lines: { msg: string; step?: number; level: number }[] = [];
  let nowMs = 0;
  const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line) as (typeof lines)[number]) });
  const listen = createLogEvents({ log, now: () => nowMs, samplesPerSecond: () => 1 });
  for (const step of [1, 2, 3, 4, 10]) {
    nowMs = step * 2000;
    listen(commit(step));
  }
  t.deepEqual(lines.map(({ step }) => step), [3, 10]);
});

test('lines that a full disk takes are said once a file in the log, and counted', (t) => {
  const warnings: string[] = [];
  const log = pino({}, { write: (line: string) => warnings.push((JSON.parse(line) as { path: string }).path) });
  const listen = createLogEvents({ log, now: () => 0, samplesPerSecond: () => 1 });
  const events: RunEvent[] = [['m', 1], ['q', 3], ['m', 2]].map(([path, lines]) => ({ type: 'linesLost', path: path as string, lines: lines as number, reason: 'full' }));
  for (const event of events) listen(event);
  t.deepEqual(warnings, ['m', 'q']);
  t.deepEqual([commit(1), ...events].reduce(countLostLines, [] as ReturnType<typeof countLostLines>), [
    { path: 'm', lines: 3, reason: 'full' }, { path: 'q', lines: 3, reason: 'full' },
  ]);
});
