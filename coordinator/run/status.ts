// What `GET /status` says: where the run is, who works on it, why it waits.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import type { RunRecipe } from '../../shared/recipe/stages.js';
import type { Controller } from '../controller.js';
import type { LostLines } from './lost-lines.js';
import type { PauseState } from '../step/state.js';
import type { Stage } from './prepare.js';
import { describeWaiting, learningOf, lossOf, speedOf, type AuditState, type Learning, type StageState } from './state.js';

export interface RunStatus extends Learning {
  readonly run: string;
  readonly name?: string;
  /** `pausing`: the step in hand is being finished and saved. */
  readonly state: 'waiting' | 'running' | 'pausing' | 'paused' | 'finished';
  readonly waiting?: string;
  /** Which stage of how many; `step`, `steps` and all below are that one's. */
  readonly stage: number;
  readonly stages: number;
  readonly step: number;
  readonly steps: number;
  /** Null where no sample of the last steps could be used. */
  readonly loss?: number | null;
  readonly samplesPerSecond?: number;
  readonly etaS?: number;
  readonly workers: readonly {
    readonly id: string;
    readonly state: string;
    readonly step?: number;
    readonly backend: string;
    readonly host: string;
    readonly samples: number;
  }[];
  /** Files that could not be listed. */
  readonly rejected: number;
  /** Samples that could not be used, since this coordinator started. */
  readonly quarantined: number;
  readonly audit?: AuditState;
  /** Files that miss lines because they could not be written. */
  readonly lostLines: readonly LostLines[];
}

/** Steps committed in all stages. */
export function countSteps({ stages }: RunRecipe, { stage, step }: Pick<RunStatus, 'stage' | 'step'>): number {
  return stages.slice(0, stage - 1).reduce((sum, { steps }) => sum + steps, step);
}

/** Steps of all stages. */
export const countAllSteps = ({ stages }: { readonly stages: readonly Pick<Recipe, 'steps'>[] }): number => stages.reduce((sum, { steps }) => sum + steps, 0);

export interface StatusFacts {
  readonly runId: string;
  readonly name: string | undefined;
  readonly stages: readonly Stage[];
  readonly stage: Stage;
  readonly controller: Pick<Controller, 'committed' | 'peers'>;
  readonly pause?: PauseState | undefined;
  readonly state: StageState;
  readonly lostLines: readonly LostLines[];
}

export function describeRun({ runId, name, stages, stage, controller, pause, state, lostLines }: StatusFacts): RunStatus {
  const { recipe, number, rejected } = stage;
  const { committed, peers } = controller;
  const waiting = describeWaiting(state);
  const samplesPerSecond = speedOf(state);
  const samplesLeft = (recipe.steps - committed) * recipe.batch.microbatches * recipe.batch.microbatchSize;
  const isFinished = committed >= recipe.steps && number === stages.length;
  const stateName = isFinished ? 'finished' : pause ?? (waiting === undefined ? 'running' : 'waiting');
  return {
    run: runId,
    state: stateName,
    ...(waiting === undefined || isFinished ? {} : { waiting }),
    stage: number,
    stages: stages.length,
    step: committed,
    steps: recipe.steps,
    ...dropUndefined({ name, loss: lossOf(state), samplesPerSecond, etaS: samplesPerSecond && samplesLeft / samplesPerSecond }),
    workers: [...peers].filter(({ id }) => id !== '').map(({ id, phase, step, backend, host, samplesDone }) => ({
      id, state: phase, ...dropUndefined({ step }), backend, host, samples: samplesDone,
    })),
    rejected: rejected.length,
    quarantined: state.quarantined,
    ...(recipe.exchange.audit > 0 ? { audit: state.audit } : {}),
    ...learningOf(state),
    lostLines,
  };
}
