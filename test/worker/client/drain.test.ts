// How long a worker that is told to stop takes: no longer than what it has in hand, and no longer than a few seconds where nobody needs its state.

import test, { type ExecutionContext } from 'ava';
import type { WorkEnd } from '../../../worker/client/options.js';
import { createFakeCompute } from '../../helpers/fake-site.js';
import { leaseOf, sampleOf, workFor, type FakeCoordinator } from '../../helpers/fake-coordinator.js';

const prepare = () => Promise.resolve({ arrays: {}, weights: new Float32Array(1), instances: new Int32Array(1), unusable: [], samples: [], release() {} });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Drained {
  readonly end: WorkEnd | undefined;
  /** From the signal on. */
  readonly ms: number;
  readonly heard: readonly string[];
}

/** A worker that is told to stop while it computes a microbatch for so long; `answer` is what the coordinator does when it hears of it. */
async function drain(t: ExecutionContext, computeMs: number, answer: (coordinator: FakeCoordinator) => Promise<void> | void): Promise<Drained> {
  const stop = new AbortController();
  let heard: readonly string[] = [];
  let toldMs = 0;
  const end = await workFor(t, async (c) => {
    ({ heard } = c);
    await c.begin();
    c.say(leaseOf(1, 0, [sampleOf(0)]));
    await sleep(100);
    toldMs = performance.now();
    stop.abort();
    await c.hear('leaving');
    await answer(c);
  }, { signal: stop.signal, prepare, compute: createFakeCompute(undefined, (call) => (call === 'gradient' ? computeMs : 0)) });
  return { end, ms: performance.now() - toldMs, heard };
}

const release = (c: FakeCoordinator): void => c.say({ type: 'release' });

test('a worker that is told to stop hands in the microbatch in hand, and goes when it is let go', async (t) => {
  const { end, ms, heard } = await drain(t, 700, release);
  t.is(end, 'left');
  t.true(heard.includes('computed') && heard.includes('partial'));
  t.true(ms < 4000, `${ms} ms`);
});

test('what takes longer than a few seconds is left to others', async (t) => {
  const { end, ms, heard } = await drain(t, 60_000, release);
  t.is(end, 'left');
  t.false(heard.includes('computed'));
  t.true(ms < 5000, `${ms} ms`);
});

test('a worker whose state is needed stays until it is handed over', async (t) => {
  t.timeout(30_000);
  const { end, heard } = await drain(t, 5000, async (c) => {
    c.say({ type: 'sendState', id: 1 });
    await c.hear('snapshot', 20_000);
    release(c);
  });
  t.is(end, 'left');
  t.true(heard.includes('computed') && heard.indexOf('partial') > 0);
  t.true(heard.indexOf('snapshot') > heard.indexOf('partial'));
});
