// A process that the machine does not start.

import test from 'ava';
import { startWorkerProcess } from '../../../scripts/processes/worker-process.js';
import type { LocalWorkerOptions } from '../../../scripts/processes/local-worker.js';
import { chooseResources } from '../../../worker/data/resources.js';

const options: LocalWorkerOptions = {
  level: 'info', isLogShown: false, join: 'http://127.0.0.1:1', backend: 'simd', data: '/nowhere', resources: chooseResources({ cores: 1, memoryBytes: 2 ** 30 }),
};

test('a process that cannot be started ends as a worker that failed', async (t) => {
  const { execPath } = process;
  process.execPath = '/nowhere/node';
  t.teardown(() => { process.execPath = execPath; });
  const told = startWorkerProcess(options, {});
  process.execPath = execPath;
  // No machine takes an argument of that length.
  const thrown = startWorkerProcess({ ...options, data: 'x'.repeat(5_000_000) }, {});
  for (const child of [told, thrown]) {
    t.is(child.pid, undefined);
    child.kill('SIGTERM');
    const end = await child.ended;
    t.like(end, { type: 'failed', hasWorked: false, failure: { code: 'WORKER_FAILED' } });
    t.regex(end.type === 'failed' ? end.failure.message : '', /^its process cannot be started: /);
  }
});
