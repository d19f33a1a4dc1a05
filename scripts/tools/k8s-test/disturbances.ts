// What the test does to a run: starts it, scales it, deletes its pods, drains its node, restarts it.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { COORDINATOR, countActive, kubectl, listPods, NAMESPACE } from './cluster.js';
import { expect, isAlive, SLOW_MS, untilFurther, untilReady, type Check, type Scenario } from './scenario.js';
import { runCommand } from './shell.js';

async function scale(count: number, { access }: Scenario): Promise<string> {
  await kubectl(['patch', 'job', 'pretext-worker', '-p', JSON.stringify({ spec: { completions: count, parallelism: count } })]);
  const { step } = await access.untilStatus(`${count} workers`, (status) => countActive(status) === count, SLOW_MS);
  return `${count} active at step ${step}`;
}

/** From SIGTERM to the end of a container, for workers and for the coordinator. */
const MOST_SECONDS = 5;

interface Deleted {
  readonly seconds: number;
  /** Of its container. */
  readonly code: number;
}

/** Deletes a pod and measures from the request to the end of its container. */
async function deletePod(name: string): Promise<Deleted> {
  const watch = spawn('kubectl', ['-n', NAMESPACE, 'get', 'pod', name, '-w', '-o', 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}{"\\n"}'], { stdio: ['ignore', 'pipe', 'ignore'], timeout: SLOW_MS });
  try {
    const lines = createInterface({ input: watch.stdout })[Symbol.asyncIterator]();
    await lines.next();
    const startMs = performance.now();
    await kubectl(['delete', 'pod', name, '--wait=false']);
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      if (line.value !== '') return { seconds: (performance.now() - startMs) / 1000, code: Number(line.value) };
    }
    throw new Error(`${name} was gone before it could be seen how it ended`);
  } finally {
    watch.kill();
  }
}

const findNode = async (): Promise<string> => (await runCommand('kubectl', ['get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}'])).trim();

export const DISTURBANCES: readonly Check[] = [
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
    title: 'kubectl delete pod of a worker: it drains and ends with 10, another takes its place',
    async run(scenario) {
      const [pod] = (await listPods('worker')).filter(isAlive);
      const { seconds, code } = await deletePod(pod!.metadata.name);
      expect(code === 10, `it ended with ${code}`);
      expect(seconds < MOST_SECONDS, `it took ${seconds.toFixed(1)} s to end`);
      return `ended after ${seconds.toFixed(1)} s; ${await untilFurther(scenario, 2)}`;
    },
  },
  {
    title: 'kubectl delete pod of the coordinator: it saves its state and ends with 9, workers wait and go on',
    async run(scenario) {
      const before = new Set((await listPods('worker')).map(({ metadata }) => metadata.uid));
      const { seconds, code } = await deletePod(COORDINATOR);
      expect(code === 9, `it ended with ${code}`);
      expect(seconds < MOST_SECONDS, `it took ${seconds.toFixed(1)} s to end`);
      await untilReady();
      const further = await untilFurther(scenario, 2);
      const after = (await listPods('worker')).filter(isAlive);
      expect(after.every(({ metadata }) => before.has(metadata.uid)), 'a worker was started anew');
      return `ended after ${seconds.toFixed(1)} s; ${further}`;
    },
  },
  {
    title: 'kubectl drain of the node, then uncordon: the run goes on',
    async run(scenario) {
      const node = await findNode();
      await runCommand('kubectl', ['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s', '--pod-selector=app.kubernetes.io/name=pretext'], { timeoutMs: SLOW_MS });
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
];
