// What `GET /status` says: where the run is, who works on it, why it waits.

import { dropUndefined } from '../shared/drop-undefined.js';
import type { Recipe } from '../shared/recipe/schema.js';
import type { Controller } from './controller.js';

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
}

export interface StatusFacts {
  readonly runId: string;
  readonly recipe: Recipe;
  readonly controller: Controller;
  readonly rejected: number;
}

export function describeRun({ runId, recipe, controller, rejected }: StatusFacts): RunStatus {
  const { statistics, committed, waiting } = controller;
  const samplesPerSecond = statistics.samplesPerSecond();
  const samplesLeft = (recipe.steps - committed) * recipe.batch.microbatches * recipe.batch.microbatchSize;
  const state = committed >= recipe.steps ? 'finished' : waiting === undefined ? 'running' : 'waiting';
  return {
    run: runId,
    state,
    ...(state === 'waiting' ? { waiting: waiting! } : {}),
    step: committed,
    steps: recipe.steps,
    ...dropUndefined({ name: recipe.name, loss: statistics.lastLoss, samplesPerSecond, etaS: samplesPerSecond && samplesLeft / samplesPerSecond }),
    workers: [...controller.peers].filter(({ id }) => id !== '').map(({ id, phase, step, backend, host, samplesDone }) => ({
      id, state: phase, ...dropUndefined({ step }), backend, host, samples: samplesDone,
    })),
    rejected,
  };
}
