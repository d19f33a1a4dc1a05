// The audit of a step: what its workers sent is hashed as it comes; when all is there, others compute it again, and the hashes must be the
// same. A worker sees no more than a lease, and cannot tell which of its results are looked at: they are in the sum by then.

import type { Message } from '../../../shared/protocol/messages.js';
import { listLeaves, type TreeNode } from '../../../shared/tensors/tree-sum.js';
import type { Computed } from '../record.js';
import { addAsk, addVote, chooseAuditors, closeAsks, judge, markHeard, standingOf, type Auditor, type Ask, type Ballot } from './ballots.js';
import { createResultHash, type ResultHash } from './result-hash.js';

export interface Findings {
  /** Microbatches whose sum two workers agree on. */
  readonly numAudited: number;
  /** Microbatches that nobody else of their kind could compute, or that came in parts from several workers. */
  readonly numUnseconded: number;
  /** Workers that were wrong, with the microbatches. */
  readonly wrong: readonly { readonly worker: string; readonly microbatches: readonly number[] }[];
  /** A wrong result is in the step's sum. */
  readonly isSumWrong: boolean;
  /** Workers that contradict each other, where nobody can say who is right. */
  readonly undecided: readonly { readonly workers: readonly string[]; readonly microbatches: readonly number[] }[];
}

export interface StepAuditOptions {
  readonly microbatches: number;
  /** Elements of a sum. */
  readonly gradientLength: number;
  /** Monotonic milliseconds. */
  now(): number;
  /** Workers in step. */
  auditors(): readonly Auditor[];
  /** True when nothing has come of an answer for too long. */
  isLate(ask: Ask): boolean;
  /** Leases microbatches to a worker that may have had them before. */
  ask(worker: string, microbatches: readonly number[]): void;
  /** Called once. */
  onSettled(findings: Findings): void;
}

/** A sum that a worker sends, as far as it has come. */
interface Incoming {
  readonly worker: string;
  readonly kind: string;
  readonly node: TreeNode;
  readonly hash: ResultHash;
}

/** What a worker was asked for, as far as it has come. */
interface Answer {
  readonly at: number;
  readonly counts: Map<number, Computed>;
  hash: ResultHash;
}

export class StepAudit {
  readonly #options: StepAuditOptions;
  /** By worker and node. */
  readonly #sums = new Map<string, Incoming>();
  /** By worker. */
  readonly #answers = new Map<string, Answer>();
  #ballots: Ballot[] | undefined;
  #isSettled = false;

  constructor(options: StepAuditOptions) {
    this.#options = options;
  }

  /** Takes a chunk that goes into the step's sum. The chunks of a worker's sum come in order. */
  hear({ worker, kind }: Auditor, { level, index }: Message<'partial'>, values: Float32Array): void {
    const key = keyOf(worker, { level, index });
    const sum = this.#sums.get(key) ?? { worker, kind, node: { level, index }, hash: createResultHash() };
    this.#sums.set(key, sum);
    sum.hash.add(values);
  }

  /** The chunk is not in the step's sum: another worker's was there first, and what is there comes from both. */
  forget(worker: string, node: TreeNode): void {
    this.#sums.delete(keyOf(worker, node));
  }

  /** The step's sum is whole: others compute it again. `countsOf`: what goes into the step's totals. */
  begin(countsOf: (microbatch: number) => Computed): void {
    const { gradientLength, microbatches } = this.#options;
    const whole = [...this.#sums.values()].filter(({ hash }) => hash.length === gradientLength);
    this.#sums.clear();
    this.#ballots = whole.map(({ worker, kind, node, hash }) => {
      const leaves = listLeaves(node, microbatches);
      return { node, kind, microbatches: leaves, votes: [{ worker, result: hash.digest(leaves.map(countsOf)) }], asks: [] };
    });
    this.advance();
  }

  /** True when the worker was asked for these counts. */
  takeComputed(worker: string, computed: Computed): boolean {
    const answer = this.#answers.get(worker);
    const ballot = this.#ballots?.[answer?.at ?? -1];
    if (!answer || !ballot?.microbatches.includes(computed.microbatch)) return false;
    this.#ballots![answer.at] = markHeard(ballot, worker, this.#options.now());
    answer.counts.set(computed.microbatch, computed);
    return true;
  }

  /** True when the worker was asked for this sum. */
  takePartial(worker: string, { level, index, offset }: Message<'partial'>, values: Float32Array): boolean {
    const answer = this.#answers.get(worker);
    const ballot = this.#ballots?.[answer?.at ?? -1];
    if (!answer || ballot?.node.level !== level || ballot.node.index !== index) return false;
    if (offset === 0) answer.hash = createResultHash();
    answer.hash.add(values);
    if (answer.hash.length < this.#options.gradientLength) {
      this.#ballots![answer.at] = markHeard(ballot, worker, this.#options.now());
      return true;
    }
    this.#answers.delete(worker);
    const counts = ballot.microbatches.flatMap((microbatch) => answer.counts.get(microbatch) ?? []);
    this.#ballots![answer.at] = addVote(ballot, { worker, result: answer.hash.digest(counts) });
    this.advance();
    return true;
  }

  /** Who computes what again at this moment. */
  asked(): { readonly worker: string; readonly microbatches: readonly number[] }[] {
    return [...this.#answers].map(([worker, { at }]) => ({ worker, microbatches: this.#ballots![at]!.microbatches }));
  }

  leave(worker: string): void {
    this.#answers.delete(worker);
    this.#ballots = this.#ballots?.map((ballot) => closeAsks(ballot, (ask) => ask.worker === worker));
    this.advance();
  }

  /** Asks whom there is to ask, and settles when there is nobody left. Call it now and then: workers are late. */
  advance(): void {
    if (!this.#ballots || this.#isSettled) return;
    const { auditors, isLate, ask, now, onSettled } = this.#options;
    const present = auditors();
    this.#ballots = this.#ballots.map((ballot) => closeAsks(ballot, isLate));
    for (const { ballot, worker } of chooseAuditors(this.#ballots, present)) {
      const at = this.#ballots.indexOf(ballot);
      this.#ballots[at] = addAsk(ballot, worker, now());
      this.#answers.set(worker, { at, counts: new Map(), hash: createResultHash() });
      ask(worker, ballot.microbatches);
    }
    const standings = this.#ballots.map((ballot) => standingOf(ballot, present));
    if (standings.includes('open')) return;
    this.#isSettled = true;
    onSettled(describe(this.#ballots, this.#options.microbatches, present));
  }
}

function keyOf(worker: string, { level, index }: TreeNode): string {
  return `${level}/${index} ${worker}`;
}

function describe(ballots: readonly Ballot[], numMicrobatches: number, auditors: readonly Auditor[]): Findings {
  const verdicts = ballots.map((ballot) => ({ ...ballot, verdict: judge(ballot), standing: standingOf(ballot, auditors) }));
  const wrong = new Map<string, number[]>();
  for (const { verdict, microbatches } of verdicts) {
    for (const worker of verdict?.wrong ?? []) wrong.set(worker, [...(wrong.get(worker) ?? []), ...microbatches]);
  }
  const numAudited = verdicts.reduce((sum, { verdict, microbatches }) => sum + (verdict ? microbatches.length : 0), 0);
  return {
    numAudited,
    numUnseconded: numMicrobatches - numAudited,
    wrong: [...wrong].map(([worker, microbatches]) => ({ worker, microbatches })),
    isSumWrong: verdicts.some(({ verdict, votes }) => verdict && votes[0]!.result !== verdict.result),
    undecided: verdicts.filter(({ standing }) => standing === 'undecided').map(({ votes, microbatches }) => ({
      workers: [...new Set(votes.map(({ worker }) => worker))], microbatches,
    })),
  };
}
