// What must be there when the run is over.

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckpointList } from '../../../coordinator/server/serve-run.js';
import { COORDINATOR, kubectl, listPods, NAMESPACE, readObject, type Access, type Job } from './cluster.js';
import { expect, SLOW_MS, type Check } from './scenario.js';
import { runCommand, until } from './shell.js';

/** Everything that would change if a pod were started again. */
async function describePods(): Promise<string> {
  const [coordinators, workers, job] = [await listPods('coordinator'), await listPods('worker'), await readObject<Job>(['job', 'pretext-worker'])];
  return JSON.stringify([coordinators.map(({ metadata, status }) => [metadata.uid, status.containerStatuses?.[0]?.restartCount]), workers.map(({ metadata }) => metadata.uid).sort(), job.status.succeeded, job.status.failed]);
}

async function get({ url, tokens }: Access, path: string, headers: Record<string, string> = {}): Promise<Response> {
  const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${tokens.viewer}`, ...headers } });
  expect(answer.ok, `${path} is answered with ${answer.status}`);
  return answer;
}

export const RESULTS: readonly Check[] = [
  {
    title: 'the run is over: the Job is complete, with the digest of pretext run --workers 1',
    async run({ access, digest, steps }) {
      await access.untilStatus('the end', ({ state }) => state === 'finished', 900_000);
      await kubectl(['wait', '--for=condition=complete', 'job/pretext-worker', '--timeout=120s'], { timeoutMs: SLOW_MS });
      const [report, expected] = [(await (await get(access, '/report')).json()) as { digest: string }, await digest];
      expect(report.digest === expected, `digest ${report.digest}, expected ${expected}`);
      return `${steps} steps, ${expected.slice(0, 12)}`;
    },
  },
  {
    title: 'nothing starts again after the end',
    async run() {
      const before = await describePods();
      await sleep(20_000);
      expect((await describePods()) === before, 'pods changed');
      return '20 s';
    },
  },
  {
    title: 'pretext verify proves the run',
    async run() {
      const out = await kubectl(['exec', COORDINATOR, '--', 'pretext', 'verify', '/runs/run-1']);
      return out.trim().split('\n').at(-1)!;
    },
  },
  {
    title: 'report and checkpoint are fetched, the checkpoint in two parts',
    async run({ access }) {
      expect((await (await get(access, '/report.html')).text()).includes('<html'), 'no page');
      const { checkpoints } = (await (await get(access, '/checkpoints')).json()) as CheckpointList;
      const { stage, step, bytes } = checkpoints.at(-1)!;
      const path = `/checkpoints/${stage}/${step}`;
      const whole = await get(access, path);
      const parts = await Promise.all([`bytes=0-999`, `bytes=1000-`].map(async (range) => Buffer.from(await (await get(access, path, { range })).arrayBuffer())));
      const digest = createHash('sha256').update(Buffer.concat(parts)).digest('hex');
      expect(Buffer.from(await whole.arrayBuffer()).equals(Buffer.concat(parts)), 'the parts are not the whole');
      expect(whole.headers.get('etag') === `"${digest}"`, `tag ${whole.headers.get('etag')}, hash ${digest}`);
      return `step ${step}, ${bytes} bytes`;
    },
  },
  {
    title: 'pretext logs --follow by a forwarded port saw the run to its end',
    async run({ access }) {
      const seen = access.followed();
      for (const text of ['steps committed', 'checkpoint saved', 'stage is complete']) expect(seen.includes(text), `no "${text}" in the log`);
      await until('the end of pretext logs', () => Promise.resolve(/\[pretext logs ended with 0\]/.test(access.followed()) || undefined), 30_000);
      return `${seen.split('\n').length} lines`;
    },
  },
  {
    title: 'no Job failed and no pod ran out of retries',
    async run() {
      const { status } = await readObject<Job>(['job', 'pretext-worker']);
      expect(!(status.conditions ?? []).some(({ type }) => type === 'Failed'), JSON.stringify(status.conditions));
      const out = await runCommand('kubectl', ['get', 'events', '-n', NAMESPACE, '--field-selector=type=Warning', '-o', 'jsonpath={range .items[*]}{.reason} {end}']);
      return `${status.succeeded} succeeded, ${status.failed ?? 0} counted as failed; warnings: ${[...new Set(out.trim().split(' '))].join(' ') || 'none'}`;
    },
  },
];
