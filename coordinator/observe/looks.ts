// Has checkpoints of a run looked at while it goes on, one at a time and of those that wait the newest, and keeps the best beside the newest. Nothing of the run depends on
// it: a look that fails costs that look.

import { copyFile, link, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../../shared/errors/pretext-error.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import type { RunEvent } from '../run/events.js';
import { KNN, valueOf, type Best, type Look } from './look.js';
import type { MetricFacts } from './verdict.js';

/** Measures a checkpoint of the run; ends soon when the signal aborts. */
export type LookAt = (checkpoint: string, signal: AbortSignal) => Promise<Look>;

export interface LooksOptions {
  readonly stages: readonly { readonly recipe: Recipe; readonly metrics: Readonly<Record<string, MetricFacts>> }[];
  readonly lookAt: LookAt;
  /** Lines of earlier looks, as looks.ndjson has them. */
  readonly earlier: readonly LookLine[];
  emit(event: RunEvent): void;
}

export interface LookLine {
  readonly stage: number;
  readonly step: number;
  readonly look: Look;
  readonly best?: Best | undefined;
}

export interface Looks {
  handle(event: RunEvent): void;
  /** Resolves when no look is under way. */
  settled(): Promise<void>;
  /** Ends the one that is. */
  stop(): void;
}

type Saved = Extract<RunEvent, { type: 'checkpointSaved' }>;

/** Beside the checkpoints of a stage; listings of checkpoints do not name them. */
const BEST = 'best.safetensors';
const LOOKED_AT = 'look.safetensors';

export function createLooks({ stages, lookAt, earlier, emit }: LooksOptions): Looks {
  const stopping = new AbortController();
  const best = new Map(earlier.flatMap((line) => (line.best ? [[line.stage, line.best] as const] : [])));
  let waiting: Saved | undefined;
  let underWay: Promise<void> | undefined;

  async function lookAtAll(): Promise<void> {
    for (let saved = waiting; saved !== undefined && !stopping.signal.aborted; saved = waiting) {
      waiting = undefined;
      await lookAtOne(saved);
    }
    underWay = undefined;
  }

  async function lookAtOne({ stage, step, path }: Saved): Promise<void> {
    const { recipe, metrics } = stages[stage - 1]!;
    const pinned = join(dirname(path), LOOKED_AT);
    try {
      // A newer one may remove it meanwhile.
      await pin(path, pinned);
      const look = await lookAt(pinned, stopping.signal);
      const candidate = rate(look, step, { metric: recipe.evaluate.best, metrics, checkpoint: join(dirname(path), BEST) });
      const isBest = candidate !== undefined && isBetter(candidate, best.get(stage), metrics);
      if (isBest) {
        best.set(stage, candidate);
        await rename(pinned, candidate.checkpoint);
      }
      emit({ type: 'looked', stage, step, look, ...(isBest && { best: candidate }) });
    } catch (error) {
      if (!stopping.signal.aborted) emit({ type: 'lookFailed', stage, step, reason: messageOf(error) });
    } finally {
      await rm(pinned, { force: true });
    }
  }

  return {
    handle(event) {
      if (event.type !== 'checkpointSaved') return;
      const { everySteps } = stages[event.stage - 1]!.recipe.evaluate;
      if (everySteps === undefined || event.step % everySteps !== 0) return;
      waiting = event;
      underWay ??= lookAtAll();
    },
    settled: async () => { await underWay; },
    stop: () => stopping.abort(),
  };
}

async function pin(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  // Not every file system has links.
  await link(from, to).catch(() => copyFile(from, to));
}

interface Rating {
  /** As the recipe names it. */
  readonly metric: string | undefined;
  readonly metrics: Readonly<Record<string, MetricFacts>>;
  readonly checkpoint: string;
}

/** By the metric that the recipe names; by kNN where there are labels, else by the task's first metric. */
function rate(look: Look, step: number, { metric, metrics, checkpoint }: Rating): Best | undefined {
  const chosen = metric ?? (look.knn ? KNN : Object.keys(metrics)[0]);
  const value = chosen === undefined ? undefined : valueOf(look, chosen);
  return value === undefined ? undefined : { step, metric: chosen!, value, checkpoint };
}

function isBetter({ metric, value }: Best, before: Best | undefined, metrics: Rating['metrics']): boolean {
  if (before?.metric !== metric) return true;
  return metrics[metric]?.better === 'lower' ? value < before.value : value > before.value;
}

/** Lines of looks.ndjson; none where it cannot be read. A torn last line is left out. */
export async function readLooks(path: string): Promise<LookLine[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1).flatMap((line) => {
    try {
      return [JSON.parse(line) as LookLine];
    } catch {
      return [];
    }
  });
}
