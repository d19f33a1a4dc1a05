// What the test on a cluster proves, in its order: each check does something to a run in progress and says what must hold then.

import { setTimeout as sleep } from 'node:timers/promises';
import { COORDINATOR, countActive, isReady, kubectl, listPods, NAMESPACE, readObject, type Access, type Job, type Pod } from './cluster.js';
import { runCommand, until } from './shell.js';

export interface Scenario {
  readonly access: Access;
  /** What `kubectl apply -k` takes. */
  readonly folder: string;
  /** Digest of the same recipe by `pretext run --workers 1`. */
  readonly digest: string;
  readonly steps: number;
}

export interface Check {
  readonly title: string;
  /** What was seen, for the table. Throws when it does not hold. */
  run(scenario: Scenario): Promise<string>;
}

const SLOW_MS = 240_000;

function expect(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what);
}

async function scale(count: number, { access }: Scenario): Promise<string> {
  await kubectl(['patch', 'job', 'pretext-worker', '-p', JSON.stringify({ spec: { completions: count, parallelism: count } })]);
  const { step } = await access.untilStatus(`${count} workers`, (status) => countActive(status) === count, SLOW_MS);
  return `${count} active at step ${step}`;
}

/** Waits until the run has got further with all its workers. */
async function untilFurther({ access }: Scenario, count: number): Promise<string> {
  const before = await access.untilStatus('the coordinator', () => true, SLOW_MS);
  const after = await access.untilStatus(`a step after ${before.step} with ${count} workers`, (status) => status.step > before.step && countActive(status) === count, SLOW_MS);
  expect(after.state !== 'finished', 'the run was over before the checks: give it more --steps');
  return `steps ${before.step} to ${after.step}`;
}

/** Deletes a pod and measures from the request to the end of its process. */
async function deletePod(name: string): Promise<number> {
  const startMs = performance.now();
  await kubectl(['delete', 'pod', name, '--wait=true'], { timeoutMs: SLOW_MS });
  return (performance.now() - startMs) / 1000;
}

async function untilReady(): Promise<Pod> {
  return until('the coordinator is ready', async () => (await listPods('coordinator')).find(isReady), SLOW_MS);
}

const isAlive = ({ status, metadata }: Pod): boolean => status.phase === 'Running' && metadata.deletionTimestamp === undefined;

const NODE = async (): Promise<string> => (await runCommand('kubectl', ['get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}'])).trim();

export const CHECKS: readonly Check[] = [
  {
    title: 'kubectl apply -k of overlay cpu under enforced restricted; two workers train',
    async run(scenario) {
      const out = await runCommand('kubectl', ['apply', '-k', scenario.folder]);
      expect(!out.toLowerCase().includes('warning'), out);
      await untilReady();
      const { step } = await scenario.access.untilStatus('two workers and a step', (status) => countActive(status) === 2 && status.step > 0, SLOW_MS);
      scenario.access.follow();
      return `step ${step}`;
    },
  },
  { title: 'scale from 2 to 1', run: (scenario) => scale(1, scenario) },
  { title: 'scale from 1 to 3', run: (scenario) => scale(3, scenario) },
  { title: 'scale from 3 to 1', run: (scenario) => scale(1, scenario) },
  { title: 'scale from 1 to 2', run: (scenario) => scale(2, scenario) },
  {
    title: 'kubectl delete pod of a worker: it ends within 5 s, another takes its place',
    async run(scenario) {
      const [pod] = (await listPods('worker')).filter(isAlive);
      const seconds = await deletePod(pod!.metadata.name);
      expect(seconds < 10, `it took ${seconds.toFixed(1)} s`);
      return `${seconds.toFixed(1)} s for the pod; ${await untilFurther(scenario, 2)}`;
    },
  },
  {
    title: 'kubectl delete pod of the coordinator: workers wait and go on',
    async run(scenario) {
      const before = new Set((await listPods('worker')).map(({ metadata }) => metadata.uid));
      const seconds = await deletePod(COORDINATOR);
      await untilReady();
      const further = await untilFurther(scenario, 2);
      const after = (await listPods('worker')).filter(isAlive);
      expect(after.every(({ metadata }) => before.has(metadata.uid)), 'a worker was started anew');
      return `${seconds.toFixed(1)} s for the pod; ${further}`;
    },
  },
  {
    title: 'kubectl drain of the node, then uncordon: the run goes on',
    async run(scenario) {
      const node = await NODE();
      await runCommand('kubectl', ['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s', `--pod-selector=app.kubernetes.io/name=pretext`], { timeoutMs: SLOW_MS });
      expect((await listPods('worker')).every((pod) => !isAlive(pod)), 'a worker stayed');
      await runCommand('kubectl', ['uncordon', node]);
      await untilReady();
      return untilFurther(scenario, 2);
    },
  },
  {
    title: 'a rolling restart of the coordinator',
    async run(scenario) {
      await kubectl(['rollout', 'restart', 'statefulset/pretext-coordinator']);
      await kubectl(['rollout', 'status', 'statefulset/pretext-coordinator', '--timeout=200s'], { timeoutMs: SLOW_MS });
      return untilFurther(scenario, 2);
    },
  },
  {
    title: 'the run is over: the Job is complete, with the digest of pretext run --workers 1',
    async run({ access, digest, steps }) {
      await access.untilStatus('the end', ({ state }) => state === 'finished', 900_000);
      await kubectl(['wait', '--for=condition=complete', 'job/pretext-worker', '--timeout=120s'], { timeoutMs: SLOW_MS });
      const report = JSON.parse(await kubectl(['exec', COORDINATOR, '--', 'node', '-p', "fs.readFileSync('/runs/run-1/report.json', 'utf8')"])) as { digest: string };
      expect(report.digest === digest, `digest ${report.digest}, expected ${digest}`);
      return `${steps} steps, ${digest.slice(0, 12)}`;
    },
  },
  {
    title: 'nothing starts again after the end',
    async run() {
      const count = async (): Promise<string> => {
        const [coordinators, workers, job] = [await listPods('coordinator'), await listPods('worker'), await readObject<Job>(['job', 'pretext-worker'])];
        return JSON.stringify([coordinators.map(({ metadata, status }) => [metadata.uid, status.containerStatuses?.[0]?.restartCount]), workers.map(({ metadata }) => metadata.uid).sort(), job.status.succeeded, job.status.failed]);
      };
      const before = await count();
      await sleep(20_000);
      expect((await count()) === before, 'pods changed');
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
