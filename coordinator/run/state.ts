// What a stage of a run has come to, from its events alone: why it waits, who took part, losses, speed, milliseconds by phase.
// For people: nothing that is computed depends on it. Pure.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Look } from '../../shared/learning.js';
import type { Phases } from '../../shared/protocol/messages.js';
import type { Best } from '../observe/look.js';
import type { Verdict } from '../observe/verdict.js';
import type { RunEvent, StageEvent } from './events.js';
import { meanLoss, type StepLoss } from './mean-loss.js';

/** Whether a stage learns, as far as is known. */
export interface Learning {
  /** Absent before there is anything to tell by. */
  readonly verdict?: Verdict | undefined;
  /** The last look at held-out items, and the best checkpoint that looks have found. */
  readonly look?: { readonly step: number; readonly look: Look } | undefined;
  readonly best?: Best | undefined;
}

export interface StageState extends Learning {
  /** Why nothing moves, when nothing does. */
  readonly waiting: string | undefined;
  /** How the last worker that failed did; undefined once another has joined. */
  readonly lastFailure: string | undefined;
  /** Samples of every worker that ever took part. */
  readonly samplesOf: ReadonlyMap<string, number>;
  /** Losses of the last steps. */
  readonly losses: readonly StepLoss[];
  /** The last commits, for the speed. */
  readonly commits: readonly { readonly atMs: number; readonly samples: number }[];
  readonly quarantined: number;
  readonly audit: AuditState;
  /** Sums over the steps of all workers, their first ones left out. */
  readonly phaseSums: Phases;
  readonly numPhaseSteps: number;
  readonly stepsOf: ReadonlyMap<string, number>;
}

/** What audits have come to. */
export interface AuditState {
  /** Microbatches that two workers computed with the same bits. */
  readonly microbatches: number;
  /** Microbatches of audited steps for which there was no second worker of a kind. */
  readonly unseconded: number;
  /** Workers that were shut out. */
  readonly wrong: readonly { readonly worker: string; readonly step: number; readonly microbatches: readonly number[] }[];
}

/** Milliseconds of a step, mean over workers and steps; `outsideShare` is data wait and exchange over the whole. */
export type PhaseMeans = Phases & { readonly stepMs: number; readonly outsideShare: number };

/** Commits that the speed is taken over. */
const WINDOW = 20;
/** One step's loss is noise. */
export const LOSS_STEPS = 5;
/** A worker's first steps compile and warm caches. */
const WARM_UP_STEPS = 3;

const NO_PHASES: Phases = { dataWaitMs: 0, computeMs: 0, exchangeMs: 0, updateMs: 0 };

export function createStageState(): StageState {
  return {
    waiting: 'no worker is connected', lastFailure: undefined, samplesOf: new Map(), losses: [], commits: [], quarantined: 0, audit: { microbatches: 0, unseconded: 0, wrong: [] },
    phaseSums: NO_PHASES, numPhaseSteps: 0, stepsOf: new Map(),
  };
}

/** The state after an event. Another stage begins anew. */
export function advanceStage(state: StageState, event: StageEvent | RunEvent, nowMs: number): StageState {
  switch (event.type) {
    case 'stageBegan': return createStageState();
    case 'waiting':
    case 'standing': return { ...state, waiting: event.reason };
    case 'resumed': return { ...state, waiting: undefined };
    case 'workerFailed': return { ...state, lastFailure: `${event.worker} failed: ${event.message}${event.hint === undefined ? '' : ` (${event.hint})`}` };
    case 'workerJoined': return { ...addSamples(state, event.worker, 0), lastFailure: undefined };
    case 'samplesSummed': return addSamples(state, event.worker, event.samples);
    case 'stepApplied': return addPhases(state, event.worker, event.phases);
    case 'stepCommitted':
      return {
        ...state,
        waiting: undefined,
        losses: [...state.losses, { loss: event.totals.loss, weight: event.totals.weights['samples'] ?? 0 }].slice(-LOSS_STEPS),
        commits: [...state.commits, { atMs: nowMs, samples: event.samples }].slice(-WINDOW),
      };
    // What workers wait for in a pause is no part of a step, and first steps after it are as those of a worker that has come.
    case 'paused':
    case 'continued': return { ...state, commits: [], stepsOf: new Map() };
    case 'looked':
    case 'lookKnown': return { ...state, look: { step: event.step, look: event.look }, best: event.best };
    case 'rolledBack': return event.distrusted ? forgetAfter(state, event.to) : state;
    case 'judged': return { ...state, verdict: event.verdict };
    case 'sampleQuarantined': return { ...state, quarantined: state.quarantined + 1 };
    case 'stepAudited': return withAudit(state, { microbatches: state.audit.microbatches + event.microbatches, unseconded: state.audit.unseconded + event.unseconded });
    case 'workerWrong': return withAudit(state, { wrong: [...state.audit.wrong, { worker: event.worker, step: event.step, microbatches: event.microbatches }] });
    case 'workerConnected':
    case 'workerLeaving':
    case 'workerLeft':
    case 'workerLogged':
    case 'checkpointSaved':
    case 'checkpointFailed':
    case 'checkpointRejected':
    case 'lookFailed':
    case 'replicaDiffers':
    case 'listed':
    case 'resolved':
    case 'recipeChanged':
    case 'listening':
    case 'journalCut':
    case 'trunkTaken':
    case 'stageFinished':
    case 'finished':
    case 'operatorAsked':
    case 'stopped':
    case 'mirrorFailed':
    case 'mirrorCaughtUp':
    case 'linesLost': return state;
    default: return event satisfies never;
  }
}

/** What looks found of steps whose results were wrong does not count. */
function forgetAfter(state: StageState, to: number): StageState {
  const { look, best } = state;
  return { ...state, look: look && look.step > to ? undefined : look, best: best && best.step > to ? undefined : best };
}

function withAudit(state: StageState, audit: Partial<AuditState>): StageState {
  return { ...state, audit: { ...state.audit, ...audit } };
}

function addSamples(state: StageState, worker: string, samples: number): StageState {
  return { ...state, samplesOf: new Map(state.samplesOf).set(worker, (state.samplesOf.get(worker) ?? 0) + samples) };
}

function addPhases(state: StageState, worker: string, phases: Phases): StageState {
  const numSteps = (state.stepsOf.get(worker) ?? 0) + 1;
  const stepsOf = new Map(state.stepsOf).set(worker, numSteps);
  if (numSteps <= WARM_UP_STEPS) return { ...state, stepsOf };
  const { dataWaitMs, computeMs, exchangeMs, updateMs } = state.phaseSums;
  return {
    ...state, stepsOf,
    numPhaseSteps: state.numPhaseSteps + 1,
    phaseSums: {
      dataWaitMs: dataWaitMs + phases.dataWaitMs, computeMs: computeMs + phases.computeMs,
      exchangeMs: exchangeMs + phases.exchangeMs, updateMs: updateMs + phases.updateMs,
    },
  };
}

/** What status and report say of it. */
export const learningOf = ({ verdict, look, best }: StageState): Learning => dropUndefined({ verdict, look, best });

/** Undefined before the first step that counts. */
export function meanPhases({ phaseSums, numPhaseSteps }: StageState): PhaseMeans | undefined {
  if (numPhaseSteps === 0) return undefined;
  const means = {
    dataWaitMs: phaseSums.dataWaitMs / numPhaseSteps, computeMs: phaseSums.computeMs / numPhaseSteps,
    exchangeMs: phaseSums.exchangeMs / numPhaseSteps, updateMs: phaseSums.updateMs / numPhaseSteps,
  };
  const stepMs = means.dataWaitMs + means.computeMs + means.exchangeMs + means.updateMs;
  return { ...means, stepMs, outsideShare: stepMs > 0 ? (means.dataWaitMs + means.exchangeMs) / stepMs : 0 };
}

/** Over the last commits. */
export function speedOf({ commits }: StageState): number | undefined {
  const first = commits[0];
  const last = commits.at(-1);
  if (!first || !last || last.atMs <= first.atMs) return undefined;
  const samples = commits.slice(1).reduce((sum, commit) => sum + commit.samples, 0);
  return (samples * 1000) / (last.atMs - first.atMs);
}

/** Mean over the samples of the last steps; null where they had none that could be used. */
export function lossOf({ losses }: StageState): number | null | undefined {
  return meanLoss(losses);
}

/** Why nothing moves, with the failure that explains it where there is one. */
export function describeWaiting({ waiting, lastFailure }: StageState): string | undefined {
  return waiting !== undefined && lastFailure !== undefined ? `${waiting}; ${lastFailure}` : waiting;
}
