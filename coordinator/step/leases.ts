// Leases on the wire: what a worker is told to compute, and may send.

import type { Peer } from '../replicas/peer.js';
import { describeLease, type StepFacts } from './messages.js';
import type { StepRecord } from './record.js';
import type { Holding } from './state.js';

export class Leases {
  readonly #peers: ReadonlySet<Peer>;
  readonly #facts: StepFacts;

  constructor(peers: ReadonlySet<Peer>, facts: StepFacts) {
    this.#peers = peers;
    this.#facts = facts;
  }

  /** `record`: of the step in progress; samples that its results say cannot be used are left out. */
  grant(holding: Holding, record: StepRecord | undefined): void {
    const peer = this.#find(holding);
    peer?.rights?.grant(holding);
    peer?.channel.send(describeLease(this.#facts, holding, record));
  }

  revoke(holding: Holding): void {
    this.#find(holding)?.channel.send({ type: 'revoke', step: holding.step, microbatches: [...holding.microbatches] });
  }

  /** For a result that is there already: what the worker has left of an earlier lease is not in its way, and it finds out for itself what cannot be used. */
  grantAgain(holding: Holding): void {
    this.revoke(holding);
    this.grant(holding, undefined);
  }

  #find({ worker }: Holding): Peer | undefined {
    return [...this.#peers].find(({ id }) => id === worker);
  }
}
