// Everything that happens in a run, as one stream: status, report, metrics and the log listen to it, and decide nothing.

import type { TransferReport } from '../../shared/checkpoint/transfer.js';
import type { RejectedItem } from '../../shared/datasets/dataset.js';
import type { Look } from '../../shared/learning.js';
import type { Phases } from '../../shared/protocol/messages.js';
import type { Best } from '../observe/look.js';
import type { Verdict } from '../observe/verdict.js';
import type { StepTotals } from '../step/record.js';

/** What happens within a stage. */
export type StageEvent =
  | { readonly type: 'workerConnected'; readonly worker: string; readonly host: string; readonly backend: string; readonly step: number | undefined }
  /** The worker is in step. */
  | { readonly type: 'workerJoined'; readonly worker: string; readonly backend: string }
  | { readonly type: 'workerLeaving'; readonly worker: string; readonly reason: string }
  | { readonly type: 'workerLeft'; readonly worker: string; readonly phase: string; readonly reason: string }
  | WorkerFailed
  /** Records of a worker's own log, lines of JSON. */
  | { readonly type: 'workerLogged'; readonly worker: string; readonly records: readonly string[]; readonly dropped: number }
  /** Gradients of so many samples of the worker are in the sum. */
  | { readonly type: 'samplesSummed'; readonly worker: string; readonly samples: number }
  | { readonly type: 'stepApplied'; readonly worker: string; readonly step: number; readonly phases: Phases }
  /** The step is in the journal, and the workers in step have been told. */
  | { readonly type: 'stepCommitted'; readonly step: number; readonly steps: number; readonly samples: number; readonly totals: StepTotals }
  | SampleQuarantined
  | { readonly type: 'checkpointSaved'; readonly step: number; readonly path: string }
  | { readonly type: 'checkpointFailed'; readonly step: number; readonly reason: string }
  /** The run does not go on from it: it is not what the journal says. */
  | { readonly type: 'checkpointRejected'; readonly step: number; readonly path: string; readonly reason: string }
  /** Steps after `to` do not count any more: they are run again. `distrusted`: what they gave was found wrong. */
  | { readonly type: 'rolledBack'; readonly from: number; readonly to: number; readonly reason: string; readonly distrusted?: true | undefined }
  /** So many microbatches were computed twice, with the same bits; and so many could not be, for want of a second worker of their kind. */
  | { readonly type: 'stepAudited'; readonly step: number; readonly microbatches: number; readonly unseconded: number }
  /** An audit found that its result is wrong: two others agree on another, or it contradicts itself. It is shut out. */
  | { readonly type: 'workerWrong'; readonly worker: string; readonly step: number; readonly microbatches: readonly number[] }
  /** Whether the stage learns. `isNew` where it is of another kind than the one before. */
  | { readonly type: 'judged'; readonly verdict: Verdict; readonly isNew: boolean }
  /** What a look at a checkpoint found, and the best checkpoint by now. */
  | { readonly type: 'looked'; readonly step: number; readonly look: Look; readonly best?: Best }
  /** Likewise of the last look before this process. */
  | { readonly type: 'lookKnown'; readonly step: number; readonly look: Look; readonly best?: Best }
  | { readonly type: 'lookFailed'; readonly step: number; readonly reason: string }
  | { readonly type: 'replicaDiffers'; readonly worker: string; readonly step: number }
  | { readonly type: 'waiting'; readonly reason: string }
  /** Nothing has come of the step in progress for long. */
  | { readonly type: 'standing'; readonly reason: string }
  /** Nothing of a step is in hand, the state is saved as far as that can be done, and no step begins until an operator says so. */
  | { readonly type: 'paused'; readonly step: number }
  | { readonly type: 'continued'; readonly step: number }
  | { readonly type: 'resumed'; readonly step: number; readonly from: 'seed' | 'checkpoint' | 'workers'; readonly workers: number };

export interface WorkerFailed {
  readonly type: 'workerFailed';
  readonly worker: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly step: number | undefined;
}

export interface SampleQuarantined {
  readonly type: 'sampleQuarantined';
  readonly step: number;
  readonly position: number;
  readonly path: string;
  readonly code: string;
  readonly reason: string;
}

export interface Listed {
  readonly type: 'listed';
  readonly stage: number;
  readonly root: string;
  readonly source: string;
  readonly task: string;
  readonly train: number;
  readonly test: number;
  readonly rejected: readonly RejectedItem[];
  /** What was seen, in words. */
  readonly lines: readonly string[];
  /** Why it may not be what is meant. */
  readonly problems: readonly string[];
}

/** What an operator may ask of a run. */
export const operatorActions = ['pause', 'continue', 'checkpoint', 'drain', 'stop'] as const;

export type OperatorAction = (typeof operatorActions)[number];

export interface OperatorAsked {
  readonly type: 'operatorAsked';
  readonly action: OperatorAction;
  /** Address that the request came from. */
  readonly by: string;
  /** Whom to drain. */
  readonly worker?: string;
}

/** What happens to the run as a whole. */
type WholeEvent =
  | Listed
  /** What was found out about the values of the pictures, and what was chosen by the data, in sentences. */
  | { readonly type: 'resolved'; readonly stage: number; readonly notes: readonly string[] }
  /** It goes on with other values of keys that no bit depends on, in words. */
  | { readonly type: 'recipeChanged'; readonly changes: readonly string[] }
  | { readonly type: 'listening'; readonly url: string; readonly folder: string }
  /** A line of the journal was damaged: it and what followed do not count. The whole file is kept where more than a last line was cut off. */
  | { readonly type: 'journalCut'; readonly path: string; readonly line: number; readonly byte: number; readonly reason: string; readonly kept?: string }
  /** A stage begins, or goes on after a restart. */
  | { readonly type: 'stageBegan'; readonly stage: number; readonly stages: number; readonly task: string; readonly steps: number; readonly committed: number }
  | { readonly type: 'trunkTaken'; readonly stage: number; readonly from: string; readonly report: TransferReport }
  | { readonly type: 'stageFinished'; readonly stage: number; readonly digest: string; readonly checkpoint: string }
  | { readonly type: 'finished'; readonly digest: string; readonly checkpoint: string }
  | OperatorAsked
  | { readonly type: 'stopped'; readonly code: string | undefined; readonly reason: string }
  /** The second copy of the folder could not be brought up to date; said once until it could. */
  | { readonly type: 'mirrorFailed'; readonly folder: string; readonly reason: string }
  | { readonly type: 'mirrorCaughtUp'; readonly folder: string }
  /** Lines of a file that nothing depends on could not be written. */
  | { readonly type: 'linesLost'; readonly path: string; readonly lines: number; readonly reason: string };

export type RunEvent = (StageEvent & { readonly stage: number }) | WholeEvent;

export type Listener<Event> = (event: Event) => void;

export interface Events<Event> {
  /** Calls every listener, in the order in which they came. */
  emit(event: Event): void;
  listen(listener: Listener<Event>): void;
}

/** Makes a stream. What a listener emits reaches the others after the event that it heard. */
export function createEvents<Event>(): Events<Event> {
  const listeners: Listener<Event>[] = [];
  const queue: Event[] = [];
  let isEmitting = false;

  return {
    emit(event) {
      queue.push(event);
      if (isEmitting) return;
      isEmitting = true;
      try {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) for (const listener of listeners) listener(next);
      } finally {
        isEmitting = false;
      }
    },
    listen(listener) {
      listeners.push(listener);
    },
  };
}
