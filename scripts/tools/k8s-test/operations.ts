// What an operator does: changes the tokens, pauses the run, lets it go on.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { kubectl } from './cluster.js';
import { describeSecret } from './lab.js';
import { expect, SLOW_MS, untilFurther, type Check } from './scenario.js';
import { until } from './shell.js';

export const OPERATIONS: readonly Check[] = [
  {
    title: 'a changed token: the old one is refused, workers come back with the new one',
    async run(scenario) {
      const { access } = scenario;
      const old = access.tokens.viewer;
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
      return `after ${seconds} s; ${status}; ${await untilFurther(scenario, 2)}`;
    },
  },
  {
    title: 'pretext pause and continue by a forwarded port',
    async run(scenario) {
      const { access } = scenario;
      const asViewer = await access.pretext(['pause'], 'viewer');
      expect(asViewer.code === 8, `a viewer could pause: ${asViewer.code}`);
      const pause = await access.pretext(['pause'], 'operator');
      expect(pause.code === 0, pause.stderr);
      const { step } = await access.untilStatus('paused', ({ state }) => state === 'paused');
      await sleep(5000);
      expect((await access.untilStatus('status', () => true)).step === step, 'a step was made');
      const goOn = await access.pretext(['continue'], 'operator');
      expect(goOn.code === 0, goOn.stderr);
      return `paused at step ${step}; ${await untilFurther(scenario, 2)}`;
    },
  },
];
