// The run's events as lines of its log. What steps have come to is said now and then.

import type { Logger } from 'pino';
import type { VerdictKind } from './verdict.js';
import type { Listed, RunEvent } from '../run/events.js';

const PROGRESS_EVERY_MS = 5000;
/** A set of millions may have thousands of files that are no good. */
const MAX_NAMED = 10;

export interface LogEventsOptions {
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly samplesPerSecond: () => number | undefined;
}

/** Makes a listener. One function, although it is long: a line for each kind of event. */
export function createLogEvents({ log, now, samplesPerSecond }: LogEventsOptions): (event: RunEvent) => void {
  let progressMs = now();
  const lost = new Set<string>();
  const unusable = new Set<string>();
  let toldOfData = '';

  function logProgress({ stage, step, steps, totals: { loss } }: Extract<RunEvent, { type: 'stepCommitted' }>): void {
    if (step !== steps && now() - progressMs < PROGRESS_EVERY_MS) return;
    progressMs = now();
    log.info({ stage, step, steps, loss, samplesPerSecond: samplesPerSecond() }, 'steps committed');
  }

  /** Stages on the same data say what is in them once. */
  function logData(event: Listed): void {
    const { stage, root, source, task, train, test, rejected, lines, problems } = event;
    const told = [root, rejected.length, ...lines, ...problems].join('\n');
    if (told !== toldOfData) logRejected(log, event);
    log.info({ stage, root, dataset: source, task, train, test, rejected: rejected.length }, 'data listed');
    if (told !== toldOfData) logContents(log, event);
    toldOfData = told;
  }

  /** Once a file: a disk stays full for thousands of lines. */
  function logLost({ path, reason }: Extract<RunEvent, { type: 'linesLost' }>): void {
    if (lost.has(path)) return;
    lost.add(path);
    log.warn({ path, reason }, 'lines of a file are lost; the run goes on');
  }

  /** Once a file. */
  function logUnusable({ step, path, code, reason }: Extract<RunEvent, { type: 'sampleQuarantined' }>): void {
    if (unusable.has(path) || unusable.size > MAX_NAMED) return;
    unusable.add(path);
    if (unusable.size <= MAX_NAMED) log.warn({ step, path, code, reason }, 'sample cannot be used');
    else log.warn('more samples cannot be used: quarantine.ndjson names them all');
  }

  return (event) => {
    switch (event.type) {
      case 'listed': return logData(event);
      case 'resolved': return event.notes.forEach((note) => log.info({ stage: event.stage }, note));
      case 'recipeChanged': return event.changes.forEach((change) => log.info(`recipe changed: ${change}`));
      case 'listening': return log.info({ url: event.url, folder: event.folder }, 'coordinator listens');
      case 'journalCut': return log.warn({ path: event.path, line: event.line, byte: event.byte, reason: event.reason, kept: event.kept }, 'journal is cut off at a damaged line: steps after it are run again');
      case 'stageBegan': return logStage(log, event);
      case 'trunkTaken': return logTrunk(log, event);
      case 'stageFinished': return log.info({ stage: event.stage, digest: event.digest, checkpoint: event.checkpoint }, 'stage is complete');
      case 'workerConnected': return log.info({ worker: event.worker, host: event.host, backend: event.backend, step: event.step }, 'worker connected');
      case 'workerLeaving': return log.info({ worker: event.worker, reason: event.reason }, 'worker is leaving');
      case 'workerLeft': return log.warn({ worker: event.worker, why: event.reason, phase: event.phase }, 'worker left');
      case 'workerFailed': return log.error({ worker: event.worker, code: event.code, step: event.step, reason: event.message, hint: event.hint }, 'worker failed');
      case 'stepCommitted': return logProgress(event);
      case 'checkpointSaved': return log.info({ step: event.step, path: event.path }, 'checkpoint saved');
      case 'checkpointFailed': return log.warn({ step: event.step, error: event.reason }, 'checkpoint not saved');
      case 'checkpointRejected': return log.warn({ step: event.step, path: event.path, reason: event.reason }, 'checkpoint cannot be used: the run goes on from the one before');
      case 'rolledBack': return log.warn({ from: event.from, to: event.to, reason: event.reason }, 'the last steps are rolled back and run again');
      case 'replicaDiffers': return log.error({ worker: event.worker, step: event.step }, 'replica differs from the others: it gets a fresh state');
      case 'looked': return logLook(log, event);
      case 'lookFailed': return log.warn({ stage: event.stage, step: event.step, reason: event.reason }, 'a look at held-out items failed; the run goes on');
      case 'judged': return logVerdict(log, event);
      case 'stepAudited': return log.debug({ step: event.step, microbatches: event.microbatches, unseconded: event.unseconded }, 'step audited');
      case 'workerWrong': return log.error({ worker: event.worker, step: event.step, microbatches: event.microbatches }, 'worker computed wrong numbers, as an audit found: it is shut out');
      case 'waiting': return log.warn({ reason: event.reason }, 'run waits');
      case 'standing': return log.warn({ reason: event.reason }, 'nothing has come of a step for long');
      case 'resumed': return log.info({ step: event.step, from: event.from, workers: event.workers }, 'run goes on');
      case 'paused': return log.info({ step: event.step }, 'run is paused: no step begins until an operator continues it');
      case 'continued': return log.info({ step: event.step }, 'run is continued');
      case 'operatorAsked': return log.info({ action: event.action, by: event.by, worker: event.worker }, 'operator asks');
      case 'stopped': return log[event.code === 'CANCELLED' ? 'info' : 'fatal']({ code: event.code, error: event.reason }, 'run stops');
      case 'sampleQuarantined': return logUnusable(event);
      case 'linesLost': return logLost(event);
      case 'mirrorFailed': return log.warn({ folder: event.folder, reason: event.reason }, 'the mirror of the run is not up to date; the run goes on');
      case 'mirrorCaughtUp': return log.info({ folder: event.folder }, 'the mirror of the run is up to date again');
      case 'workerJoined':
      case 'workerLogged':
      case 'samplesSummed':
      case 'lookKnown':
      case 'stepApplied':
      case 'finished': return undefined;
      default: return event satisfies never;
    }
  };
}

function logRejected(log: Logger, { rejected }: Listed): void {
  for (const { path, code, reason } of rejected.slice(0, MAX_NAMED)) log.warn({ path, code, reason }, 'file cannot be used');
  if (rejected.length > MAX_NAMED) log.warn({ files: rejected.length - MAX_NAMED }, 'more files cannot be used: quarantine.ndjson names them all');
}

function logContents(log: Logger, { lines, problems }: Listed): void {
  for (const line of lines) log.info(`data: ${line}`);
  for (const problem of problems) log.warn(`data: ${problem}`);
}

const QUIET = new Set<VerdictKind>(['early', 'learning']);

/** Once, not at every look. */
function logVerdict(log: Logger, { stage, verdict: { kind, step, text }, isNew }: Extract<RunEvent, { type: 'judged' }>): void {
  if (isNew) log[QUIET.has(kind) ? 'info' : 'warn']({ stage, step, verdict: kind }, `${kind}: ${text}`);
}

function logLook(log: Logger, { stage, step, look, best }: Extract<RunEvent, { type: 'looked' }>): void {
  const { held: { metrics }, spread, spreadUntrained, gradient, knn } = look;
  const means = Object.fromEntries(Object.entries(metrics).map(([name, { mean }]) => [name, mean]));
  log.info({ stage, step, ...means, knn: knn?.trained, knnUntrained: knn?.untrained, spread, spreadUntrained, gradient, isBest: best?.step === step }, 'held-out items looked at');
}

function logStage(log: Logger, { stage, stages, task, steps, committed }: Extract<RunEvent, { type: 'stageBegan' }>): void {
  log.info({ stage, stages, task, steps, committed }, committed === 0 ? 'stage begins' : 'stage goes on');
}

function logTrunk(log: Logger, { stage, from, report: { taken, left, drawn, unused, convention } }: Extract<RunEvent, { type: 'trunkTaken' }>): void {
  log.info({ stage, from, taken: taken.length, left: left.length, drawn: drawn?.length, unused: unused.length }, 'trunk taken from a checkpoint');
  if (convention) log.info({ stage, convention, leftOut: unused }, `names of ${convention} read, every array of the trunk among them`);
  log.debug({ stage, taken, left, unused }, 'arrays of the trunk');
}
