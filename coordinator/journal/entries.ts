// What a journal says, and what follows from it: pure functions over its entries.

import { z } from 'zod';

const step = z.number().int().min(0);
/** Counted from 1. */
const stage = z.number().int().min(1);

const initSchema = z.object({ from: z.string(), blocks: stage.optional(), sha256: z.string().optional() });
const unusableSchema = z.object({ position: step, path: z.string(), code: z.string(), reason: z.string() });

export const entrySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run'), runId: z.string(), stages: stage }),
  /** A stage begins: hashes of its recipe and manifest, and what its trunk begins from where that is not the seed. */
  z.object({ type: z.literal('stage'), stage, recipe: z.string(), manifest: z.string(), steps: step, init: initSchema.optional() }),
  /** A worker took part; its kind of arithmetic is on record. */
  z.object({ type: z.literal('worker'), stage, worker: z.string(), backend: z.string() }),
  z.object({
    type: z.literal('commit'),
    stage,
    step: step.min(1),
    /** Samples `first` to `first + count - 1` of the run, and the hash of what they are. */
    first: step,
    count: step,
    samples: z.string(),
    /** By player, and of `samples`. */
    weights: z.record(z.string(), z.number()),
    /** Null where no sample had a weight. */
    loss: z.number().nullable(),
    terms: z.record(z.string(), z.number()),
    metrics: z.record(z.string(), z.number()),
    /** Hash of the summed gradient: SHA-256 over the SHA-256 of every 65,536 elements. */
    gradient: z.string(),
    unusable: z.array(unusableSchema),
  }),
  /** A checkpoint is about to be there: SHA-256 of its flat state. A file that differs is not used. */
  z.object({ type: z.literal('checkpoint'), stage, step, sha256: z.string() }),
  /** Steps after `to` do not count: nobody holds a state that has them. They are run again. */
  z.object({ type: z.literal('rollback'), stage, to: step, reason: z.string(), /** What they gave was found wrong: they may give something else. */ distrusted: z.literal(true).optional() }),
]);

export type JournalEntry = z.infer<typeof entrySchema>;

type Within<Entry> = Entry extends { readonly stage: number } ? Omit<Entry, 'stage'> : never;
/** What is written in the course of a stage, the stage left out. */
export type StageEntry = Within<Exclude<JournalEntry, { type: 'stage' }>>;
export type CommitEntry = Extract<StageEntry, { type: 'commit' }>;

/** What was written in the course of a stage. */
export function entriesOfStage(entries: readonly JournalEntry[], stage: number): StageEntry[] {
  return entries.flatMap((entry) => (entry.type !== 'run' && entry.type !== 'stage' && entry.stage === stage ? [entry] : []));
}

/** The last stage that has begun; the first one in a new journal. */
export function lastStage(entries: readonly JournalEntry[]): number {
  return entries.findLast((entry) => entry.type === 'stage')?.stage ?? 1;
}

/** Commits that count, in the order they were written, rolled back ones taken out. Duplicates stay in: `verify` names them. */
export function effectiveCommits(entries: readonly StageEntry[]): CommitEntry[] {
  let commits: CommitEntry[] = [];
  for (const entry of entries) {
    if (entry.type === 'commit') commits.push(entry);
    if (entry.type === 'rollback') commits = commits.filter((commit) => commit.step <= entry.to);
  }
  return commits;
}

/** After a rollback of what was found wrong nothing of those steps is known. */
export function forgetDistrusted(byStep: Map<number, unknown>, entry: StageEntry): void {
  if (entry.type !== 'rollback' || entry.distrusted !== true) return;
  for (const step of byStep.keys()) if (step > entry.to) byStep.delete(step);
}

/** The last commit written of each step, rolled back or not: what is known of its unusable samples. */
export function knownUnusable(entries: readonly StageEntry[]): Map<number, CommitEntry['unusable']> {
  const known = new Map<number, CommitEntry['unusable']>();
  for (const entry of entries) {
    if (entry.type === 'commit') known.set(entry.step, entry.unusable);
    forgetDistrusted(known, entry);
  }
  return known;
}

/** Last committed step; 0 before the first. */
export function committedStep(entries: readonly StageEntry[]): number {
  return effectiveCommits(entries).at(-1)?.step ?? 0;
}

/** Hash of every checkpoint that was written, by step. */
export function checkpointHashes(entries: readonly StageEntry[]): Map<number, string> {
  return new Map(entries.flatMap((entry) => (entry.type === 'checkpoint' ? [[entry.step, entry.sha256] as const] : [])));
}
