// Samples that a worker says it cannot use: nobody's word alone quarantines a file that the coordinator can read. A worker whose trouble is
// its own is let go, and told to stay away when it comes back with it. Leaves out how a file is tried.

import type { Logger } from 'pino';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import type { LeasedSample, Message, Unusable } from '../../shared/protocol/messages.js';
import type { EpochPlan } from '../plan/epoch-plan.js';
import type { StepDriver } from '../step/driver.js';
import type { Membership } from './membership.js';
import type { Peer } from './peer.js';
import { Tally } from './tally.js';

/** Tries samples on the coordinator's own copy of the data. */
export interface Trial {
  /** `unknown`: there is no copy that says anything. */
  try(sample: LeasedSample, code: string): Promise<'usable' | 'unusable' | 'unknown'>;
  dispose(): Promise<void>;
}

export interface SecondOpinionOptions {
  readonly plan: EpochPlan;
  /** Without one a worker's word stands. */
  readonly trial?: Trial;
  readonly peers: ReadonlySet<Peer>;
  readonly driver: Pick<StepDriver, 'handleComputed'>;
  readonly membership: Pick<Membership, 'expel'>;
  readonly log: Logger;
  /** Nothing counts any more. */
  isOver(): boolean;
}

/** What reading files ends in. That no puzzle can be made of a file that was read follows from its frames. */
const OF_FILES = /^(DATA|DECODE)_/;
/** A worker that comes back with the same trouble so often is told to stay away. */
const MAX_REFUSALS = 3;

export class SecondOpinion {
  readonly #options: SecondOpinionOptions;
  /** By session. */
  readonly #refusals = new Tally();

  constructor(options: SecondOpinionOptions) {
    this.#options = options;
  }

  /** Takes counts of a worker: at once, or when what it could not use has been looked at. Throws on what the worker may not send. */
  take(peer: Peer, message: Message<'computed'>): Promise<void> | void {
    return this.#isNeeded(peer, message) ? this.#lookInto(peer, message) : this.#options.driver.handleComputed(peer, message);
  }

  async #lookInto(peer: Peer, message: Message<'computed'>): Promise<void> {
    const { peers, driver, membership, isOver } = this.#options;
    const usable = await this.#findUsable(message);
    if (!peer.channel.isOpen || !peers.has(peer) || isOver()) return;
    if (!usable) return driver.handleComputed(peer, message);
    membership.expel(peer);
    this.#refuse(peer, usable);
  }

  /** True where what the worker could not use has to be looked at. Whether it may say so at all is for others to judge. */
  #isNeeded({ rights }: Peer, { step, microbatch, unusable }: Message<'computed'>): boolean {
    return this.#options.trial !== undefined && rights?.hasLease(step, microbatch) === true && unusable.some(({ code }) => OF_FILES.test(code));
  }

  /** The first of the samples that the coordinator could use. */
  async #findUsable({ step, microbatch, unusable }: Message<'computed'>): Promise<Unusable | undefined> {
    const { plan, trial } = this.#options;
    const samples = new Map(plan.microbatch(step, microbatch).map((sample) => [sample.position, sample]));
    for (const each of unusable) {
      const sample = samples.get(each.position);
      if (sample && OF_FILES.test(each.code) && (await trial!.try(sample, each.code)) === 'usable') return each;
    }
    return undefined;
  }

  /** Lets a worker go that could not use a sample which can be used. */
  #refuse({ id, session, channel }: Peer, { path, code, reason }: Unusable): void {
    const count = this.#refusals.set(session, this.#refusals.get(session) + 1);
    this.#options.log.warn({ worker: id, path, code, reason, times: count }, 'a worker could not use a sample that the coordinator can: its result does not count');
    if (count < MAX_REFUSALS) return channel.close(CLOSE.restarting, `it could not use "${path}", which can be used`);
    channel.close(CLOSE.refused, `This worker cannot read data that are whole (${code}): "${path}"`);
  }
}
