// What an operator does: changes the tokens, pauses the run, lets it go on.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { kubectl, type Access } from './cluster.js';
import { describeSecret } from './lab.js';
import { expect, SLOW_MS, untilFurther, type Check } from './scenario.js';
import { until } from './shell.js';

/** Resolves with the step at which the run is paused. */
async function pause(access: Access): Promise<number> {
  const { code, stderr } = await access.pretext(['pause'], 'operator');
  expect(code === 0, stderr);
  return (await access.untilStatus('paused', ({ state }) => state === 'paused')).step;
}

async function goOn(access: Access): Promise<void> {
  const { code, stderr } = await access.pretext(['continue'], 'operator');
  expect(code === 0, stderr);
}

export const OPERATIONS: readonly Check[] = [
  {
    title: 'a changed token: the old one is refused, workers come back with the new one',
    async run(scenario) {
      const { access } = scenario;
      const old = access.tokens.viewer;
      // The kubelet writes the files in its own time: a run that goes on might be over by then.
      await pause(access);
      for (const role of ['worker', 'operator', 'viewer'] as const) access.tokens[role] = randomBytes(24).toString('hex');
      await kubectl(['apply', '-f', '-'], { input: describeSecret(access.tokens) });
      const startMs = performance.now();
      await access.untilStatus('the new token opens', () => true, SLOW_MS);
      const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
      const status = await until('the old token is refused', async () => {
        const answer = await fetch(`${access.url}/status`, { headers: { authorization: `Bearer ${old}` } }).catch(() => undefined);
        return answer?.status === 401 ? answer.status : undefined;
      }, 60_000);
      access.follow();
      await goOn(access);
      return `after ${seconds} s; ${status}; ${await untilFurther(scenario, 2)}`;
    },
  },
  {
    title: 'pretext pause and continue by a forwarded port',
    async run(scenario) {
      const { access } = scenario;
      const asViewer = await access.pretext(['pause'], 'viewer');
      expect(asViewer.code === 8, `a viewer could pause: ${asViewer.code}`);
      const step = await pause(access);
      await sleep(5000);
      expect((await access.untilStatus('status', () => true)).step === step, 'a step was made');
      await goOn(access);
      return `paused at step ${step}; ${await untilFurther(scenario, 2)}`;
    },
  },
];
