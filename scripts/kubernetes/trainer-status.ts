// Tells Kubeflow Trainer how far a run is, where that has started this process for a TrainJob: progress, seconds left and loss in the job's status.
// It never disturbs the run: a report that does not get through is left out, and the next one says more anyway.

import { request } from '../../shared/client/request.js';

/** The server takes no more often. */
const EVERY_MS = 5000;
const TIMEOUT_MS = 5000;

export interface Progress {
  readonly done: number;
  readonly steps: number;
  readonly etaS?: number | undefined;
  readonly loss?: number | null | undefined;
}

export interface TrainerStatus {
  report(progress: Progress): void;
  /** Says that the run is complete, and waits until it is said. */
  finish(): Promise<void>;
}

/** What the status server takes; `time` is the ISO time of now. */
export function describeProgress({ done, steps, etaS, loss }: Progress, time: string): object {
  const isKnown = (value: number | null | undefined): value is number => typeof value === 'number' && Number.isFinite(value);
  return {
    trainerStatus: {
      progressPercentage: Math.floor((100 * done) / steps),
      ...(isKnown(etaS) && { estimatedRemainingSeconds: Math.ceil(etaS) }),
      ...(isKnown(loss) && { metrics: [{ name: 'loss', value: String(Math.fround(loss)).slice(0, 64) }] }),
      lastUpdatedTime: time,
    },
  };
}

/** Undefined where no TrainJob has started this process. */
export function openTrainerStatus(environment: NodeJS.ProcessEnv): TrainerStatus | undefined {
  const { KUBEFLOW_TRAINER_SERVER_URL: address = '', KUBEFLOW_TRAINER_SERVER_TOKEN: tokenFile = '', KUBEFLOW_TRAINER_SERVER_CA_CERT: caFile } = environment;
  if (!URL.canParse(address) || tokenFile === '') return undefined;
  const url = new URL(address);
  const endpoint = { url, tokenFile, ...(caFile !== undefined && { tls: { ca: caFile } }) };
  let sending: Promise<void> | undefined;
  let nextMs = 0;
  async function send(progress: Progress): Promise<void> {
    nextMs = performance.now() + EVERY_MS;
    try {
      const body = JSON.stringify(describeProgress(progress, new Date().toISOString()));
      const answer = await request(endpoint, url.pathname + url.search, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
      await answer.body?.cancel();
    } catch {
      // It is not there, or says no, or the token or the authority cannot be read: next time, perhaps.
    }
  }
  function start(progress: Progress): Promise<void> {
    return sending = send(progress).finally(() => { sending = undefined; });
  }
  return {
    report(progress) {
      if (!sending && performance.now() >= nextMs) void start(progress);
    },
    async finish() {
      // One that is under way could arrive after it.
      await sending;
      await start({ done: 1, steps: 1, etaS: 0 });
    },
  };
}
