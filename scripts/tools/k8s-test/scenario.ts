// What the checks of the test on a cluster share: the run that they disturb, and waiting for what it does.

import { COORDINATOR, countActive, isReady, listPods, type Access, type Pod } from './cluster.js';
import { until } from './shell.js';

export interface Scenario {
  readonly access: Access;
  /** What `kubectl apply -k` takes. */
  readonly folder: string;
  /** Folder of the node with pictures. */
  readonly data: string;
  /** Digest of the same recipe by `pretext run --workers 1`. */
  readonly digest: Promise<string>;
  readonly steps: number;
}

/** Does something to a run in progress and says what must hold then. */
export interface Check {
  readonly title: string;
  /** What was seen, for the table. Throws when it does not hold. */
  run(scenario: Scenario): Promise<string>;
}

export const SLOW_MS = 240_000;

export function expect(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what);
}

/** Waits until the run has got further with as many workers. */
export async function untilFurther({ access }: Scenario, count: number): Promise<string> {
  const before = await access.untilStatus('the coordinator', () => true, SLOW_MS);
  const after = await access.untilStatus(`a step after ${before.step} with ${count} workers`, (status) => status.state === 'finished' || (status.step > before.step && countActive(status) === count), SLOW_MS);
  expect(after.state !== 'finished', 'the run was over before the checks: give it more --steps');
  return `steps ${before.step} to ${after.step}`;
}

export const untilReady = (): Promise<Pod> => until(`${COORDINATOR} is ready`, async () => (await listPods('coordinator')).find(isReady), SLOW_MS);

export const isAlive = ({ status, metadata }: Pod): boolean => status.phase === 'Running' && metadata.deletionTimestamp === undefined;
