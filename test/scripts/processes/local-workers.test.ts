// The worker processes of `pretext run`, for a coordinator that is not there. That they work is tested with whole runs.

import test from 'ava';
import { pino } from 'pino';
import { startLocalWorkers } from '../../../scripts/processes/local-workers.js';
import { chooseResources } from '../../../worker/data/resources.js';
import type { WorkerFailure } from '../../../worker/node/restarts.js';
import { findFreePort, until } from '../../helpers/processes.js';

test('a worker that is killed is started again and given up after three early failures; the last one given up is told', async (t) => {
  const messages: string[] = [];
  let lastFailure: WorkerFailure | undefined;
  const workers = startLocalWorkers({
    count: 2, join: `http://127.0.0.1:${await findFreePort()}`, backend: 'simd', data: '/nowhere', resources: chooseResources({ cores: 1, memoryBytes: 2 ** 30 }),
    log: pino({}, { write: (line: string) => { messages.push((JSON.parse(line) as { msg: string }).msg); } }),
    onAllFailed: (failure) => { lastFailure = failure; },
  });
  t.teardown(() => workers.stop());
  const killed = new Set<number>();
  await until('it is given up', () => {
    for (const pid of workers.pids().filter((each) => !killed.has(each))) {
      process.kill(pid, 'SIGKILL');
      killed.add(pid);
    }
    return lastFailure;
  });
  t.is(killed.size, 6);
  t.like(lastFailure, { code: 'WORKER_FAILED', message: 'its process ended with SIGKILL' });
  t.is(messages.filter((message) => message.endsWith('starting another')).length, 4);
  t.is(messages.filter((message) => message.endsWith('none is started in its place')).length, 2);
});
