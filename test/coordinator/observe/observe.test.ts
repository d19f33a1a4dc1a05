// All listeners together, on a real folder and a real log hub.

import { readFile, symlink } from 'node:fs/promises';
import { pino } from 'pino';
import test from 'ava';
import { createLogHub } from '../../../coordinator/logs/log-hub.js';
import { observe } from '../../../coordinator/observe/observe.js';
import type { RunEvent } from '../../../coordinator/run/events.js';
import { pathsOf } from '../../../coordinator/run/folder.js';
import { lossOf } from '../../../coordinator/run/state.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const commit = (stage: number, step: number, loss: number): RunEvent =>
  ({ type: 'stepCommitted', stage, step, steps: 5, samples: 8, totals: { weights: { samples: 8 }, loss, terms: {}, metrics: {}, unusable: [], gradient: '' } });
const bad = { path: 'a.mp4', code: 'DECODE_FAILED', reason: 'torn' };

test('what happens is in the files, in the log and in the state of the stage', async (t) => {
  const paths = pathsOf(await makeTempFolder(t));
  const logHub = createLogHub({ folder: paths.logs });
  const observed = observe(paths, { log: pino({}, logHub.sink), logHub });
  const { emit } = observed.events;
  emit({ type: 'stageBegan', stage: 1, stages: 2, task: 'rotation', steps: 5, committed: 0 });
  emit(commit(1, 1, 4));
  emit({ type: 'sampleQuarantined', stage: 1, step: 1, position: 3, ...bad });
  emit({ type: 'workerLogged', stage: 1, worker: 'w', records: ['{"msg":"hello"}'], dropped: 0 });
  t.is(lossOf(observed.stage), 4);
  emit({ type: 'stageBegan', stage: 2, stages: 2, task: 'rotation', steps: 5, committed: 0 });
  t.is(lossOf(observed.stage), undefined);
  emit(commit(2, 1, 3));
  await observed.flush();

  const metrics = (await readFile(paths.metrics, 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as { stage: number; loss: number });
  t.deepEqual(metrics.map(({ stage, loss }) => [stage, loss]), [[1, 4], [2, 3]]);
  t.deepEqual(JSON.parse(await readFile(paths.quarantine, 'utf8')), { stage: 1, step: 1, position: 3, ...bad });
  const lines: string[] = [];
  logHub.subscribe({}, ({ line }) => lines.push((JSON.parse(line) as { msg: string }).msg));
  t.deepEqual(lines, ['stage begins', 'sample cannot be used', 'hello', 'stage begins']);
  t.deepEqual(observed.lostLines, []);
});

test('a disk that is full under one file is said, and the other file is written', async (t) => {
  const paths = pathsOf(await makeTempFolder(t));
  await symlink('/dev/full', paths.metrics);
  const warnings: string[] = [];
  const logHub = createLogHub({ folder: paths.logs });
  const log = pino({ level: 'warn' }, { write: (line: string) => warnings.push((JSON.parse(line) as { msg: string }).msg) });
  const observed = observe(paths, { log, logHub });
  for (const step of [1, 2, 3]) observed.events.emit(commit(1, step, 1));
  observed.events.emit({ type: 'sampleQuarantined', stage: 1, step: 3, position: 3, ...bad });
  await observed.flush();
  t.deepEqual(observed.lostLines, [{ path: paths.metrics, lines: 3, reason: `Cannot write "${paths.metrics}": the disk is full.` }]);
  t.deepEqual(warnings, ['sample cannot be used', 'lines of a file are lost; the run goes on']);
  t.regex(await readFile(paths.quarantine, 'utf8'), /torn/);
});
