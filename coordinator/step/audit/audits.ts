// Which steps are audited, and the audit of the step in progress as its driver sees it. Leaves out what follows from the findings.

import type { Message } from '../../../shared/protocol/messages.js';
import type { Peer } from '../../replicas/peer.js';
import type { Computed, StepRecord } from '../record.js';
import type { Holding } from '../state.js';
import { StepAudit, type Findings } from './step-audit.js';

export interface AuditsOptions {
  /** Share of the steps that are computed twice. */
  readonly audit: number;
  readonly microbatches: number;
  /** Elements of the flat gradient. */
  readonly gradientLength: number;
  readonly peers: ReadonlySet<Peer>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export interface AuditsCalls {
  /** A number of [0, 1) that no worker can foresee. */
  draw(): number;
  /** When a worker of which nothing comes is late. */
  lateAfterMs(worker: string): number;
  /** Leases microbatches of a step to a worker that may have had them before. */
  ask(holding: Holding): void;
}

/** A sum takes its time on the wire. */
const LEAST_LATE_MS = 10_000;

export class Audits {
  readonly #options: AuditsOptions;
  readonly #calls: AuditsCalls;
  #current: StepAudit | undefined;
  #onSettled: (findings: Findings) => void = () => {};

  constructor(options: AuditsOptions, calls: AuditsCalls) {
    this.#options = options;
    this.#calls = calls;
  }

  /** A step begins: nothing of it has come yet. */
  open(step: number): void {
    const { audit, peers, now } = this.#options;
    const { draw, lateAfterMs, ask } = this.#calls;
    this.#current = draw() < audit ? new StepAudit({
      ...this.#options,
      auditors: () => [...peers].filter(({ phase }) => phase === 'active').map(({ id, backend }) => ({ worker: id, kind: backend })),
      isLate: ({ worker, sinceMs }) => now() - sinceMs > Math.max(LEAST_LATE_MS, lateAfterMs(worker)),
      ask: (worker, indices) => ask({ worker, step, microbatches: indices }),
      onSettled: (findings) => this.#onSettled(findings),
    }) : undefined;
  }

  close(): void {
    this.#current = undefined;
  }

  /** Takes a chunk into the step's sum. Returns the microbatches that are whole with it. */
  addPartial(record: StepRecord, { id, backend }: Peer, message: Message<'partial'>, values: Float32Array): readonly number[] {
    // Hashed before: the sum takes the values over.
    this.#current?.hear({ worker: id, kind: backend }, message, values);
    const complete = record.addPartial(message, values, id);
    if (!complete) this.#current?.forget(id, message);
    return complete ?? [];
  }

  /** The step's sum is whole. `onSettled` is called at once where nothing is to be audited. */
  run(record: StepRecord, onSettled: (findings: Findings | undefined) => void): void {
    if (!this.#current) return onSettled(undefined);
    this.#onSettled = onSettled;
    this.#current.begin((microbatch) => record.countsOf(microbatch));
  }

  /** True when the worker was asked for it. */
  takeComputed(peer: Peer, computed: Computed): boolean {
    return this.#current?.takeComputed(peer.id, computed) ?? false;
  }

  /** True when the worker was asked for it. */
  takePartial(peer: Peer, message: Message<'partial'>, values: Float32Array): boolean {
    return this.#current?.takePartial(peer.id, message, values) ?? false;
  }

  leave(worker: string): void {
    this.#current?.leave(worker);
  }

  advance(): void {
    this.#current?.advance();
  }

  /** What the audit in progress waits for, if one is. */
  describeHoldup(): string | undefined {
    const asked = this.#current?.asked() ?? [];
    return asked.length === 0 ? undefined : `its audit waits for ${asked.map(({ worker, microbatches }) => `microbatches ${microbatches.join(', ')} of ${worker}`).join('; ')}`;
  }
}
