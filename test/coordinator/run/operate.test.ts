import { existsSync } from 'node:fs';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { pino } from 'pino';
import type { OperatorAction, RunEvent } from '../../../coordinator/run/events.js';
import { createOperate } from '../../../coordinator/run/operate.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('a pause is kept in the folder of the run, as far as the disk takes it, and each request is told of', async (t) => {
  const folder = await makeTempFolder(t);
  const paused = join(folder, 'run', 'paused');
  const calls: unknown[] = [];
  const events: RunEvent[] = [];
  const logged: string[] = [];
  const pause = { isPaused: false };
  const operations = { setPaused: (isPaused: boolean) => calls.push(isPaused), drain: (worker: string) => [worker], checkpoint: () => Promise.resolve({ step: 7, path: 'x' }) };
  const operate = createOperate({
    run: { current: { controller: { operations } } as never, paths: { paused }, pause, log: pino({}, { write: (line: string) => void logged.push(line) }), emit: (event) => events.push(event) },
    getStatus: () => ({ state: 'running', stage: 2, step: 7 }) as never,
    stop: () => calls.push('stop'),
  });
  const ask = (action: OperatorAction, worker?: string) => operate({ action, by: 'here', ...(worker === undefined ? {} : { worker }) });

  t.deepEqual(await ask('pause'), { state: 'running', stage: 2, step: 7 });
  t.true(pause.isPaused);
  t.is(logged.length, 1);
  t.regex(logged[0]!, /ENOENT.*restart of the coordinator/);

  const other = createOperate({ run: { current: { controller: { operations } } as never, paths: { paused: join(folder, 'paused') }, pause, log: pino({ level: 'silent' }), emit() {} }, getStatus: () => ({}) as never, stop() {} });
  await other({ action: 'pause', by: 'here' });
  await access(join(folder, 'paused'));
  await other({ action: 'continue', by: 'here' });
  await t.throwsAsync(access(join(folder, 'paused')));
  await rm(folder, { recursive: true });
  await other({ action: 'continue', by: 'here' });
  t.false(pause.isPaused);

  t.deepEqual(await ask('drain', 'w'), { state: 'running', stage: 2, step: 7, workers: ['w'] });
  await t.throwsAsync(ask('drain'), { code: 'BAD_ARGUMENT' });
  t.deepEqual(await ask('checkpoint'), { state: 'running', stage: 2, step: 7, path: 'x' });
  t.deepEqual(await ask('stop'), { state: 'stopping', stage: 2, step: 7 });
  t.deepEqual(calls, [true, true, false, false, 'stop']);
  t.deepEqual(events[1], { type: 'operatorAsked', action: 'drain', by: 'here', worker: 'w' });
});

test('of a run that is over nothing can be asked but to stop', async (t) => {
  const calls: string[] = [];
  const operate = createOperate({
    run: { current: { controller: {} } as never, paths: { paused: '' }, pause: { isPaused: false }, log: pino({ level: 'silent' }), emit() {} },
    getStatus: () => ({ state: 'finished', stage: 1, step: 9 }) as never, stop: () => calls.push('stop'),
  });
  for (const action of ['pause', 'continue', 'checkpoint', 'drain'] as const) await t.throwsAsync(operate({ action, by: 'here', worker: 'w' }), { code: 'REFUSED', message: /complete/ });
  t.deepEqual(await operate({ action: 'stop', by: 'here' }), { state: 'finished', stage: 1, step: 9 });
  t.deepEqual(calls, ['stop']);
});

test('whatever is asked at once, the folder of the run says what holds at last', async (t) => {
  const paused = join(await makeTempFolder(t), 'paused');
  const operate = createOperate({
    run: { current: { controller: { operations: { setPaused() {} } } } as never, paths: { paused }, pause: { isPaused: false }, log: pino({ level: 'silent' }), emit() {} },
    getStatus: () => ({}) as never, stop() {},
  });
  for (const last of ['continue', 'pause', 'continue'] as const) {
    const first = last === 'pause' ? 'continue' : 'pause';
    await Promise.all(([first, last, first, last] as const).map((action) => operate({ action, by: 'here' })));
    t.is(existsSync(paused), last === 'pause');
  }
});
