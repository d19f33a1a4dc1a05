// Every message between coordinator and worker, validated once at the door.
// A message is a small header (these) and, for bulk data, a raw fp32 payload as a second fragment.

import { z } from 'zod';
import type { StateKind } from '../state/spec.js';

const count = z.number().int().min(0).max(2 ** 52);
const name = z.string().min(1).max(200);
/** What a worker is called: it is printed, so nothing that moves the cursor or turns the line around. */
const title = z.string().min(1).max(200).regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u, 'has characters that cannot be printed');
/** A stable code of an error. */
const code = z.string().regex(/^[A-Z][A-Z0-9_]{0,49}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const finite = z.number().finite();
const milliseconds = z.number().min(0).max(1e12);

/** A place in a transfer of several chunks. Offsets are in elements. */
const chunk = { offset: count, total: count };

const sample = z.object({
  /** Place in the run: 0-based over all steps. */
  position: count,
  epoch: count,
  /** Number of the sample in its epoch, before shuffling; with the epoch it keys all randomness. */
  sample: count,
  item: count,
  /** Number of its item among those that are trained on. */
  instance: count,
  path: z.string().min(1).max(4096),
  kind: z.enum(['image', 'video']),
  /** Number of its class, where a task is shown it. */
  label: count.optional(),
  /** Numbers of its classes, likewise, where it may have several. */
  labels: z.array(count).max(1000).readonly().optional(),
  /** File of the classes of its pixels, likewise. */
  mask: z.object({ path: z.string().min(1).max(4096), bytes: count, content: sha256 }).optional(),
  bytes: count,
  /** Hash of what the file holds. */
  content: sha256.optional(),
  durationS: finite.min(0).optional(),
  width: count.optional(),
  height: count.optional(),
});

const layoutEntry = z.object({
  name,
  shape: z.array(count).max(8),
  kind: z.enum(['trained', 'statistic', 'teacher', 'queue', 'bank', 'constant', 'counter'] satisfies StateKind[]),
  /** Arrays that the optimizer keeps beside it. */
  slots: z.array(name).max(8),
});

export const layoutSchema = z.object({
  entries: z.array(layoutEntry).min(1).max(20_000),
  /** Elements of the vector that travels in a step. */
  gradientLength: count,
});

/** A sum over samples and the weight that it is divided by. */
const weightedSum = z.object({ sum: finite, weight: finite.min(0) });
/** By the name of a player, and of `samples`: what the sums of a step are divided by. */
const weights = z.record(name, finite.min(0));

const unusable = z.object({ position: count, item: count, path: z.string().max(4096), code, reason: z.string().max(2000) });

export const phasesSchema = z.object({
  dataWaitMs: milliseconds,
  computeMs: milliseconds,
  exchangeMs: milliseconds,
  updateMs: milliseconds,
});

export const fromWorkerSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    protocol: z.literal(1),
    /** Of Pretext. Optional, so that one that says none is told what is wrong. */
    version: title.optional(),
    name: title,
    /** What a worker was given at its first welcome; it keeps its identity with it. */
    session: z.string().max(100).optional(),
    runId: z.string().max(100).optional(),
    /** Stage of the run that its state is of. */
    stage: count.min(1).optional(),
    /** Last step applied to the state that it holds; absent without a state. */
    step: count.optional(),
    backend: title,
    host: title,
    pid: count,
  }),
  z.object({ type: z.literal('ready'), layout: layoutSchema }),
  z.object({ type: z.literal('synced'), step: count }),
  z.object({
    type: z.literal('computed'),
    step: count,
    microbatch: count,
    weights,
    terms: z.record(name, weightedSum),
    metrics: z.record(name, weightedSum),
    unusable: z.array(unusable).max(100_000),
    ms: milliseconds,
  }),
  z.object({ type: z.literal('partial'), step: count, level: count.max(30), index: count, ...chunk }),
  z.object({ type: z.literal('applied'), step: count, phases: phasesSchema, digest: sha256.optional() }),
  z.object({ type: z.literal('snapshot'), id: count, step: count, ...chunk }),
  /** SHA-256 of the whole state that it was asked for. */
  z.object({ type: z.literal('digest'), id: count, step: count, sha256 }),
  z.object({ type: z.literal('log'), records: z.array(z.string().max(100_000)).max(2000), dropped: count }),
  z.object({ type: z.literal('leaving'), reason: z.string().max(500) }),
  z.object({
    type: z.literal('failed'),
    code,
    message: z.string().max(4000),
    hint: z.string().max(1000).optional(),
    step: count.optional(),
    /** The result that is no finite number, where that is what is final. */
    microbatch: count.optional(),
    /** No other worker would fare better: the run cannot go on. */
    final: z.boolean(),
  }),
]);

export const fromCoordinatorSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    worker: name,
    session: z.string().max(100),
    runId: z.string().max(100),
    /** Stage of the run, from 1, and its recipe. */
    stage: count.min(1),
    recipe: z.unknown(),
    /** Items that are trained on. */
    numInstances: count,
    chunkBytes: count.min(4),
    heartbeatMs: count.min(1).max(600_000),
  }),
  /** State begins: `seed` means initialise from the seed; `transfer` means that `state`
   * chunks with the same number follow; `keep` means that the state it holds is the right one. */
  z.object({ type: z.literal('begin'), step: count, source: z.enum(['seed', 'transfer', 'keep']), transfer: count }),
  z.object({ type: z.literal('state'), transfer: count, ...chunk }),
  /** The state that the worker holds is wrong: it must not offer it again. */
  z.object({ type: z.literal('forget') }),
  z.object({
    type: z.literal('lease'),
    step: count,
    microbatches: z.array(z.object({
      index: count,
      samples: z.array(sample).max(100_000),
      /** Positions to give weight 0 without a look: what the first result said. */
      excluded: z.array(count).max(100_000),
    })).max(10_000),
  }),
  z.object({ type: z.literal('revoke'), step: count, microbatches: z.array(count).max(10_000) }),
  z.object({ type: z.literal('average'), step: count, ...chunk }),
  z.object({ type: z.literal('commit'), step: count, weights, digest: z.boolean() }),
  /** Asks for the state as of the last commit that was sent before this. */
  z.object({ type: z.literal('sendState'), id: count }),
  /** Asks for its hash. */
  z.object({ type: z.literal('sendDigest'), id: count }),
  /** An operator wants the worker to leave: as if it had got SIGTERM. */
  z.object({ type: z.literal('drain') }),
  /** Answers `leaving`: nothing more is wanted of the worker. */
  z.object({ type: z.literal('release') }),
]);

export type FromWorker = z.infer<typeof fromWorkerSchema>;
export type FromCoordinator = z.infer<typeof fromCoordinatorSchema>;
export type Message<Type extends (FromWorker | FromCoordinator)['type']> = Extract<FromWorker | FromCoordinator, { type: Type }>;
export type LeasedSample = z.infer<typeof sample>;
export type LeasedMicrobatch = Extract<FromCoordinator, { type: 'lease' }>['microbatches'][number];
export type Unusable = z.infer<typeof unusable>;
export type WireLayout = z.infer<typeof layoutSchema>;
export type WeightedSum = z.infer<typeof weightedSum>;
export type Weights = z.infer<typeof weights>;
export type Phases = z.infer<typeof phasesSchema>;

/** Messages whose second fragment is fp32 data; every other message must come alone. */
export const BULK_TYPES: ReadonlySet<string> = new Set(['partial', 'snapshot', 'state', 'average']);
