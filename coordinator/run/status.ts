// What `GET /status` says: where the run is, who works on it, why it waits.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import type { Controller } from '../controller.js';
import type { LostLines } from './lost-lines.js';
import { describeWaiting, lossOf, speedOf, type StageState } from './state.js';

export interface RunStatus {
  readonly run: string;
  readonly name?: string;
  readonly state: 'waiting' | 'running' | 'finished';
  readonly waiting?: string;
  readonly step: number;
  readonly steps: number;
  readonly loss?: number;
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
  /** Files that miss lines because they could not be written. */
  readonly lostLines: readonly LostLines[];
}

export interface StatusFacts {
  readonly runId: string;
  readonly recipe: Recipe;
  readonly controller: Controller;
  readonly stage: StageState;
  readonly rejected: number;
  readonly lostLines: readonly LostLines[];
}

export function describeRun({ runId, recipe, controller, stage, rejected, lostLines }: StatusFacts): RunStatus {
  const { committed } = controller;
  const waiting = describeWaiting(stage);
  const samplesPerSecond = speedOf(stage);
  const samplesLeft = (recipe.steps - committed) * recipe.batch.microbatches * recipe.batch.microbatchSize;
  const state = committed >= recipe.steps ? 'finished' : waiting === undefined ? 'running' : 'waiting';
  return {
    run: runId,
    state,
    ...(state === 'waiting' ? { waiting: waiting! } : {}),
    step: committed,
    steps: recipe.steps,
    ...dropUndefined({ name: recipe.name, loss: lossOf(stage), samplesPerSecond, etaS: samplesPerSecond && samplesLeft / samplesPerSecond }),
    workers: [...controller.peers].filter(({ id }) => id !== '').map(({ id, phase, step, backend, host, samplesDone }) => ({
      id, state: phase, ...dropUndefined({ step }), backend, host, samples: samplesDone,
    })),
    rejected,
    quarantined: stage.quarantined,
    lostLines,
  };
}
