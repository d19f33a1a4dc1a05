// What follows from an audit: workers that were wrong are shut out for the rest of the run, and a sum that is wrong does not count.

import { PretextError } from '../../shared/errors/pretext-error.js';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import type { Message } from '../../shared/protocol/messages.js';
import type { StageEvent } from '../run/events.js';
import type { Findings } from '../step/audit/step-audit.js';
import type { Membership } from './membership.js';
import type { Peer } from './peer.js';

export interface VerdictsOptions {
  /** A wrong worker takes the run back to the last checkpoint: steps before, in which nobody looked at its work, are made again too. */
  readonly strict: boolean;
  /** Names and sessions of workers that were wrong in this run. */
  readonly shutOut: Set<string>;
  readonly peers: ReadonlySet<Peer>;
  readonly membership: Membership;
  emit(event: StageEvent): void;
  /** Ends the stage. */
  fail(error: PretextError): void;
}

const REASON = 'An audit found that this worker computes wrong numbers: look after its machine.';

export class Verdicts {
  readonly #options: VerdictsOptions;

  constructor(options: VerdictsOptions) {
    this.#options = options;
  }

  /** False, and the connection is closed, where the worker was shut out before. */
  admits(peer: Peer, { name, session }: Message<'hello'>): boolean {
    const { shutOut } = this.#options;
    if (!shutOut.has(name) && !shutOut.has(session ?? name)) return true;
    peer.channel.close(CLOSE.refused, REASON);
    return false;
  }

  /** Returns true when the step may be committed. */
  handle(step: number, findings: Findings): boolean {
    const { strict, membership, emit } = this.#options;
    const { numAudited, numUnseconded, wrong, isSumWrong, undecided } = findings;
    emit({ type: 'stepAudited', step, microbatches: numAudited, unseconded: numUnseconded });
    for (const each of wrong) this.#shut(step, each);
    const isSuspect = strict && wrong.length > 0;
    if (undecided.length > 0) this.#giveUp(step, undecided);
    else if (isSumWrong || isSuspect) membership.startAgain({ isSuspect });
    return undecided.length === 0 && !isSumWrong && !isSuspect;
  }

  #shut(step: number, { worker, microbatches }: Findings['wrong'][number]): void {
    const { shutOut, peers, membership, emit } = this.#options;
    emit({ type: 'workerWrong', worker, step, microbatches });
    shutOut.add(worker);
    const peer = [...peers].find(({ id }) => id === worker);
    if (!peer) return;
    shutOut.add(peer.session);
    membership.expel(peer);
    peer.channel.close(CLOSE.refused, REASON);
  }

  #giveUp(step: number, undecided: Findings['undecided']): void {
    const parts = undecided.map(({ workers, microbatches }) => `${workers.join(' and ')} on microbatches ${microbatches.join(', ')}`);
    this.#options.fail(new PretextError('AUDIT_UNDECIDED', `Workers contradict each other, and no third one of their kind is there to say who is right: step ${step}, ${parts.join('; ')}.`, {
      hint: 'Look after their machines (memory, GPU), or attach a third worker; then go on by --resume.',
    }));
  }
}
