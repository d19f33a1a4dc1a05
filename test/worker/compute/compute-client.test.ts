// The compute thread from the main thread: answers in order, errors as they were thrown, and what becomes of calls when it dies.

import test from 'ava';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { createComputeClient, type ComputeClient } from '../../../worker/compute/compute-client.js';
import { sharedFloats } from '../../../worker/compute/protocol.js';

const RECIPE = readRecipe({
  data: { root: '/data', source: 'image-folder', side: 8, shortSide: 8 },
  task: { name: 'rotation' }, model: { name: 'convnet', options: { width: 2, stages: 1 } }, seed: 3,
});

async function startClient(t: { teardown(run: () => Promise<void>): void }): Promise<ComputeClient> {
  const client = createComputeClient();
  t.teardown(() => client.dispose());
  await client.call('start', { backend: 'cpu' });
  return client;
}

test('calls are answered in order, with the time that each took', async (t) => {
  const client = await startClient(t);
  const answered: string[] = [];
  const note = (name: string) => ({ ms }: { ms: number }): void => {
    t.true(ms >= 0);
    answered.push(name);
  };
  const { result } = await client.call('build', { recipe: RECIPE, numInstances: 4 });
  const state = sharedFloats(result.stateLength);
  await Promise.all([
    client.call('load', {}).then(note('load')),
    client.call('save', { state }).then(note('save')),
    client.call('digest', { of: 'values' }).then(note('digest')),
  ]);
  t.deepEqual(answered, ['load', 'save', 'digest']);
  t.true(state.some((value) => value !== 0));
});

test('what the thread throws comes back with its code and its hint, and the thread goes on', async (t) => {
  const client = createComputeClient();
  t.teardown(() => client.dispose());
  const unknown = await t.throwsAsync(client.call('start', { backend: 'abacus' }), { instanceOf: PretextError });
  t.is(unknown.code, 'BAD_ARGUMENT');
  t.regex(unknown.message, /abacus/);
  t.is(typeof unknown.hint, 'string');
  await client.call('start', { backend: 'cpu' });
  await t.throwsAsync(client.call('digest', { of: 'values' }), { code: 'BAD_STATE' });
  await t.throwsAsync(client.call('build', { recipe: { ...RECIPE, task: { name: 'mae', options: {} } }, numInstances: 4 }), { code: 'BAD_RECIPE' });
  t.is(typeof (await client.call('build', { recipe: RECIPE, numInstances: 4 })).result.stateLength, 'number');
});

test('when the thread dies, calls that wait for it fail, and so do later ones', async (t) => {
  const client = await startClient(t);
  // More than it can have done by the time it is ended: calls are carried out in order.
  const calls = Array.from({ length: 1000 }, () => client.call('build', { recipe: RECIPE, numInstances: 4 }));
  for (const call of calls) call.catch(() => {});
  const failures = calls.slice(-2).map((call) => t.throwsAsync<PretextError>(call as Promise<unknown>, { code: 'WORKER_FAILED' }));
  await client.dispose();
  for (const failure of await Promise.all(failures)) t.regex(failure.message, /The compute thread ended/);
  await t.throwsAsync(client.call('digest', { of: 'values' }), { code: 'WORKER_FAILED' });
});
