// Tells Kubeflow Trainer how far a run is, where that has started this process for a TrainJob: progress, seconds left and loss in the job's status.
// It never disturbs the run: a report that does not get through is left out, and the next one says more anyway.

import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

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

/** Resolves when there is an answer, whatever it says, and when there is none. The token is read each time: it is replaced every hour. */
function post(url: URL, body: string, { tokenFile, caFile }: { readonly tokenFile: string; readonly caFile: string | undefined }): Promise<void> {
  return new Promise((resolve) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, {
      method: 'POST', timeout: TIMEOUT_MS, ...(caFile !== undefined && { ca: readFileSync(caFile) }),
      headers: { 'authorization': `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    }, (response) => response.resume().on('close', resolve));
    request.on('timeout', () => request.destroy()).on('error', () => resolve()).on('close', resolve).end(body);
  });
}

/** Undefined where no TrainJob has started this process. */
export function openTrainerStatus(environment: NodeJS.ProcessEnv): TrainerStatus | undefined {
  const { KUBEFLOW_TRAINER_SERVER_URL: address = '', KUBEFLOW_TRAINER_SERVER_TOKEN: tokenFile = '', KUBEFLOW_TRAINER_SERVER_CA_CERT: caFile } = environment;
  if (!URL.canParse(address) || tokenFile === '') return undefined;
  let isBusy = false;
  let nextMs = 0;
  async function send(progress: Progress): Promise<void> {
    isBusy = true;
    nextMs = performance.now() + EVERY_MS;
    try {
      await post(new URL(address), JSON.stringify(describeProgress(progress, new Date().toISOString())), { tokenFile, caFile });
    } catch {
      // The token or the authority cannot be read: next time, perhaps.
    }
    isBusy = false;
  }
  return {
    report(progress) {
      if (!isBusy && performance.now() >= nextMs) void send(progress);
    },
    finish: () => send({ done: 1, steps: 1, etaS: 0 }),
  };
}
