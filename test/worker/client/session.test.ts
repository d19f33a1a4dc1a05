// What a worker keeps when the coordinator that it comes back to has another recipe.

import { pino } from 'pino';
import test from 'ava';
import { dropUndefined } from '../../../shared/drop-undefined.js';
import { prepareSession, type Session } from '../../../worker/client/session.js';
import type { ComputeClient } from '../../../worker/compute/compute-client.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('a replica outlives a recipe of which only keys have changed that no bit depends on', async (t) => {
  const calls: string[] = [];
  const compute = {
    call(name: string) {
      calls.push(name);
      return Promise.resolve({ result: { layout: { entries: [], gradientLength: 0 }, stateLength: 0 }, ms: 0 });
    },
  } as unknown as ComputeClient;
  const root = await makeTempFolder(t);
  const resources = { decodes: 1, augmentThreads: 1, frameCacheBytes: 0, fileCacheBytes: 0 };
  const options = { join: new URL('http://127.0.0.1:1'), log: pino({ enabled: false }), resources, data: root };
  const session = { options, compute, backend: 'none', replica: { step: undefined } } as unknown as Session;
  t.teardown(() => session.data?.dispose());
  const welcome = (more: object, stage = 1) => prepareSession(session, {
    type: 'welcome', runId: 'r', session: 's', stage, heartbeatMs: 1, chunkBytes: 4096, numInstances: 4,
    recipe: readRecipe({ data: { root, source: 'image-folder', side: 16 }, task: { name: 'rotation' }, ...dropUndefined(more) }),
  } as unknown as Parameters<typeof prepareSession>[1]);

  const stepOf = (): number | undefined => session.replica.step;

  await welcome({});
  session.replica.step = 5;
  const { data } = session;
  await welcome({});
  t.is(session.data, data);
  await welcome({ exchange: { lookaheadSteps: 7 }, checkpoint: { everySteps: 3 } });
  t.is(stepOf(), 5);
  t.is(session.built!.recipe.exchange.lookaheadSteps, 7);
  t.not(session.data, data);
  t.deepEqual(calls, ['build']);
  await welcome({ steps: 7 });
  t.is(stepOf(), undefined);
  session.replica.step = 5;
  await welcome({ steps: 7 }, 2);
  t.is(stepOf(), undefined);
  t.deepEqual(calls, ['build', 'build', 'build']);
});
