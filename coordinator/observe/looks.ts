// Has checkpoints of a run looked at while it goes on, one at a time and of those that wait the newest, and keeps the best beside the newest. Nothing of the run depends on
// it: a look that fails costs that look.

import { copyFile, link, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { messageOf } from '../../shared/errors/pretext-error.js';
import type { Look, MetricInfo } from '../../shared/learning.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import type { RunEvent } from '../run/events.js';
import { KNN, valueOf, type Best } from './look.js';

/** Measures a checkpoint of the run; ends soon when the signal aborts. */
export type LookAt = (checkpoint: string, signal: AbortSignal) => Promise<Look>;

export interface LooksOptions {
  readonly stages: readonly { readonly recipe: Recipe; readonly metrics: Readonly<Record<string, MetricInfo>> }[];
  readonly lookAt: LookAt;
  /** Lines of earlier looks, as looks.ndjson has them. */
  readonly earlier: readonly LookLine[];
  /** A look that takes longer is given up. Default 10 minutes. */
  readonly timeoutMs?: number;
  emit(event: RunEvent): void;
}

export interface LookLine {
  readonly stage: number;
  readonly step: number;
  readonly look: Look;
  /** The best by then. */
  readonly best?: Best | undefined;
}

/** Line of looks.ndjson: what steps after that one gave was found wrong. */
export interface DistrustLine {
  readonly stage: number;
  readonly distrustedAfter: number;
}

export interface Looks {
  handle(event: RunEvent): void;
  /** Resolves when no look is under way. */
  settled(): Promise<void>;
  /** Ends the one that is, and begins no other. */
  stop(): void;
}

type Saved = Extract<RunEvent, { type: 'checkpointSaved' }>;

/** A checkpoint that is to be looked at, under a name of its own: the run may remove it meanwhile. */
interface Pinned extends Saved {
  readonly pinned: string;
  readonly isPinned: Promise<void>;
  /** Its reason is an EndReason. */
  readonly end: AbortController;
}

/** `doubted`: what it looks at was found wrong. */
type EndReason = 'stopped' | 'doubted' | 'late';

/** Beside the checkpoints of a stage; listings of checkpoints do not name them. */
export const BEST = 'best.safetensors';
const PINNED = /^look-\d+\.safetensors$/;
const MOST_MS = 600_000;

/** One function, although it is long: all of its parts change who is looked at, who waits and which is best. */
export function createLooks({ stages, lookAt, earlier, emit, timeoutMs = MOST_MS }: LooksOptions): Looks {
  const best = new Map(earlier.flatMap((line) => (line.best ? [[line.stage, line.best] as const] : [])));
  /** The last step of each stage that was to be looked at. */
  const seen = new Map(earlier.map(({ stage, step }) => [stage, step]));
  let isStopped = false;
  let waiting: Pinned | undefined;
  let current: Pinned | undefined;
  let underWay: Promise<void> | undefined;
  let removed = Promise.resolve();

  async function lookAtAll(): Promise<void> {
    for (current = waiting; current !== undefined; current = waiting) {
      waiting = undefined;
      if (!isStopped) await lookAtOne(current);
      remove(current, current.pinned);
    }
    underWay = undefined;
  }

  async function lookAtOne({ stage, step, path, pinned, isPinned, end }: Pinned): Promise<void> {
    const { recipe, metrics } = stages[stage - 1]!;
    const timer = setTimeout(() => end.abort('late' satisfies EndReason), timeoutMs);
    try {
      await isPinned;
      const look = await lookAt(pinned, end.signal);
      if (end.signal.reason === 'doubted') return;
      const candidate = rate(look, step, { metric: recipe.evaluate.best, metrics, checkpoint: join(dirname(path), BEST) });
      if (candidate !== undefined && isBetter(candidate, best.get(stage), metrics)) {
        await rename(pinned, candidate.checkpoint);
        best.set(stage, candidate);
      }
      emit({ type: 'looked', stage, step, look, ...dropUndefined({ best: best.get(stage) }) });
    } catch (error) {
      const ended = end.signal.reason as EndReason | undefined;
      if (ended === 'stopped' || ended === 'doubted') return;
      emit({ type: 'lookFailed', stage, step, reason: ended === 'late' ? `it took longer than ${timeoutMs / 1000} s` : messageOf(error) });
    } finally {
      clearTimeout(timer);
    }
  }

  /** A file that stays costs its place on the disk alone. */
  function remove({ stage, step, isPinned }: Pick<Pinned, 'stage' | 'step' | 'isPinned'>, path: string): void {
    const one = isPinned.catch(() => {}).then(() => rm(path, { force: true }))
      .catch((error: unknown) => emit({ type: 'lookFailed', stage, step, reason: `"${path}" cannot be removed: ${messageOf(error)}` }));
    removed = Promise.all([removed, one]).then(() => {});
  }

  function handleSaved(saved: Saved): void {
    const { stage, step, path } = saved;
    const { everySteps } = stages[stage - 1]!.recipe.evaluate;
    if (isStopped || everySteps === undefined) return;
    // The first checkpoint at or after a step that is due: that of the step itself may never have been written.
    if (Math.floor(step / everySteps) <= Math.floor((seen.get(stage) ?? 0) / everySteps)) return;
    seen.set(stage, step);
    const pinned = join(dirname(path), `look-${step}.safetensors`);
    const isPinned = pin(path, pinned);
    // Whoever looks is told.
    isPinned.catch(() => {});
    if (waiting) remove(waiting, waiting.pinned);
    waiting = { ...saved, pinned, isPinned, end: new AbortController() };
    underWay ??= lookAtAll();
  }

  /** Nothing counts that was seen of the steps after `to`. */
  function distrust(stage: number, to: number): void {
    const isDoubted = (pinned: Pinned | undefined): pinned is Pinned => pinned?.stage === stage && pinned.step > to;
    if (isDoubted(current)) current.end.abort('doubted' satisfies EndReason);
    if (isDoubted(waiting)) {
      remove(waiting, waiting.pinned);
      waiting = undefined;
    }
    seen.set(stage, Math.min(seen.get(stage) ?? 0, to));
    const known = best.get(stage);
    if (known === undefined || known.step <= to) return;
    best.delete(stage);
    remove({ stage, step: known.step, isPinned: Promise.resolve() }, known.checkpoint);
  }

  return {
    handle(event) {
      if (event.type === 'checkpointSaved') handleSaved(event);
      if (event.type === 'rolledBack' && event.distrusted) distrust(event.stage, event.to);
    },
    async settled() {
      await underWay;
      await removed;
    },
    stop() {
      isStopped = true;
      current?.end.abort('stopped' satisfies EndReason);
    },
  };
}

async function pin(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  // Not every file system has links.
  await link(from, to).catch(() => copyFile(from, to));
}

/** Removes what looks of a process that was killed left among a stage's checkpoints. */
export async function removePinned(checkpoints: string): Promise<void> {
  const names = await readdir(checkpoints).catch(() => []);
  await Promise.all(names.filter((name) => PINNED.test(name)).map((name) => rm(join(checkpoints, name), { force: true }).catch(() => {})));
}

interface Rating {
  /** As the recipe names it. */
  readonly metric: string | undefined;
  readonly metrics: Readonly<Record<string, MetricInfo>>;
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

/** JSON has no NaN: a mean without a puzzle is written as null. */
const reviveNaN = (_key: string, value: unknown): unknown => (value === null ? NaN : value);

/** Looks of looks.ndjson that still count; none where it cannot be read. A torn last line is left out. */
export async function readLooks(path: string): Promise<LookLine[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1).flatMap((line) => {
    try {
      return [JSON.parse(line, reviveNaN) as LookLine | DistrustLine];
    } catch {
      return [];
    }
  }).reduce<LookLine[]>((lines, line) => ('look' in line ? [...lines, line] : leaveDistrusted(lines, line)), []);
}

/** The checkpoint of an earlier best was overwritten by that of a later one. */
function leaveDistrusted(lines: readonly LookLine[], { stage, distrustedAfter }: DistrustLine): LookLine[] {
  const isOver = (lines.findLast((line) => line.stage === stage)?.best?.step ?? 0) > distrustedAfter;
  return lines.flatMap((line) => {
    if (line.stage !== stage) return [line];
    if (line.step > distrustedAfter) return [];
    return [isOver ? { ...line, best: undefined } : line];
  });
}
