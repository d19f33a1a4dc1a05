// What is decided in an audit: who computes a sum again, which result is right, and who was wrong. Pure.

import type { TreeNode } from '../../../shared/tensors/tree-sum.js';

/** Bits do not depend on who computes: two workers of a kind that say the same are right, and whoever says otherwise is wrong. */
export interface Vote {
  readonly worker: string;
  /** Hash of what it sent: the sum and its counts. */
  readonly result: string;
}

/** A worker is to compute the sum again. */
export interface Ask {
  readonly worker: string;
  /** When it was asked, or something of the answer came. */
  readonly sinceMs: number;
  /** False once it has answered, is late, or gone. */
  readonly isOpen: boolean;
}

/** A partial sum of the step, and what was said of it. */
export interface Ballot {
  readonly node: TreeNode;
  readonly microbatches: readonly number[];
  /** Backend of the workers that may be asked: another may give other bits. */
  readonly kind: string;
  /** The first is that of the worker whose sum is in the step. */
  readonly votes: readonly Vote[];
  readonly asks: readonly Ask[];
}

export interface Auditor {
  readonly worker: string;
  readonly kind: string;
}

/** A worker that has flipped a bit once does not do so again; one that always does says the same again. */
const MAX_VOTES = 2;
const MAX_ASKS = 2;

export interface Verdict {
  readonly result: string;
  /** Workers that ever said otherwise. */
  readonly wrong: readonly string[];
}

/** What two workers agree on; undefined while no two do. */
export function judge({ votes }: Ballot): Verdict | undefined {
  const agreed = votes.find(({ worker, result }) => votes.some((other) => other.worker !== worker && other.result === result));
  if (!agreed) return undefined;
  const wrong = votes.filter(({ result }) => result !== agreed.result).map(({ worker }) => worker);
  return { result: agreed.result, wrong: [...new Set(wrong)] };
}

/**
 * `settled`: two workers agree. `open`: somebody computes it again, or will. `unseconded`: nobody else of its kind is there, or answers.
 * `undecided`: workers contradict each other, and none is left to ask.
 */
export type Standing = 'settled' | 'open' | 'unseconded' | 'undecided';

export function standingOf(ballot: Ballot, auditors: readonly Auditor[]): Standing {
  if (judge(ballot)) return 'settled';
  if (ballot.asks.some(({ isOpen }) => isOpen) || candidatesOf(ballot, auditors).length > 0) return 'open';
  return isContested(ballot) ? 'undecided' : 'unseconded';
}

function isContested({ votes }: Ballot): boolean {
  return new Set(votes.map(({ result }) => result)).size > 1;
}

/** Those who may be asked, the ones that have said least first, and among them whoever follows the sum's own worker by name. */
function candidatesOf(ballot: Ballot, auditors: readonly Auditor[]): string[] {
  const { kind, votes, asks } = ballot;
  // A worker's second word counts only where another contradicts its first.
  const maxVotes = isContested(ballot) ? MAX_VOTES : 1;
  const countIn = (list: readonly { readonly worker: string }[], worker: string): number => list.filter((each) => each.worker === worker).length;
  const turn = (worker: string): number => (worker > votes[0]!.worker ? 0 : 1);
  return auditors.filter((auditor) => auditor.kind === kind).map(({ worker }) => worker)
    .filter((worker) => countIn(votes, worker) < maxVotes && countIn(asks, worker) < MAX_ASKS)
    .sort((a, b) => countIn(votes, a) - countIn(votes, b) || turn(a) - turn(b) || (a < b ? -1 : 1));
}

/** Whom to ask now: a worker computes one sum at a time, and a sum is computed by one at a time. */
export function chooseAuditors(ballots: readonly Ballot[], auditors: readonly Auditor[]): { readonly ballot: Ballot; readonly worker: string }[] {
  const busy = new Set(ballots.flatMap(({ asks }) => asks.filter(({ isOpen }) => isOpen).map(({ worker }) => worker)));
  return ballots.flatMap((ballot) => {
    if (judge(ballot) || ballot.asks.some(({ isOpen }) => isOpen)) return [];
    const worker = candidatesOf(ballot, auditors).find((each) => !busy.has(each));
    if (worker === undefined) return [];
    busy.add(worker);
    return [{ ballot, worker }];
  });
}

/** Closes the asks that `isOver` says will not be answered. An answer that comes all the same counts. */
export function closeAsks(ballot: Ballot, isOver: (ask: Ask) => boolean): Ballot {
  return { ...ballot, asks: ballot.asks.map((ask) => (ask.isOpen && isOver(ask) ? { ...ask, isOpen: false } : ask)) };
}

export function addAsk(ballot: Ballot, worker: string, nowMs: number): Ballot {
  return { ...ballot, asks: [...ballot.asks, { worker, sinceMs: nowMs, isOpen: true }] };
}

/** Something of the worker's answer has come. */
export function markHeard(ballot: Ballot, worker: string, nowMs: number): Ballot {
  return { ...ballot, asks: ballot.asks.map((ask) => (ask.worker === worker ? { ...ask, sinceMs: nowMs } : ask)) };
}

export function addVote(ballot: Ballot, vote: Vote): Ballot {
  return closeAsks({ ...ballot, votes: [...ballot.votes, vote] }, ({ worker }) => worker === vote.worker);
}
