// Workers that leave of themselves. Each is told when it may go; the last one in step not before its state is saved, for nobody else has it.

import type { FromCoordinator } from '../../shared/protocol/messages.js';
import type { StepDriver } from '../step/driver.js';
import type { Peer } from './peer.js';

export interface HandoverOptions {
  readonly driver: Pick<StepDriver, 'isOpen' | 'settled'>;
  /** Workers in step. */
  active(): readonly Peer[];
  /** Takes a worker out of the step. */
  dismiss(peer: Peer): void;
  /** Saves the state as of the last commit, if that can be done. */
  save(): Promise<void>;
}

const RELEASE: FromCoordinator = { type: 'release' };

export class Handover {
  readonly #options: HandoverOptions;
  /** Workers that stay until their state is saved. */
  readonly #holders = new Set<Peer>();

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /** Workers that have the state of the last commit and are about to go. */
  holders(): Peer[] {
    return [...this.#holders];
  }

  begin(peer: Peer): void {
    const { active, dismiss, driver } = this.#options;
    if (this.#holders.has(peer)) return;
    if (driver.isOpen && active().every((each) => each === peer) && peer.phase === 'active') {
      this.#holders.add(peer);
      void this.#handOver(peer);
      return;
    }
    dismiss(peer);
    peer.channel.send(RELEASE);
  }

  end(peer: Peer): void {
    this.#holders.delete(peer);
  }

  async #handOver(peer: Peer): Promise<void> {
    const { dismiss, driver, save } = this.#options;
    // A commit that the disk is taking is the worker's too: it is told of it while the step is open.
    await driver.settled();
    dismiss(peer);
    await save();
    peer.channel.send(RELEASE);
    this.#holders.delete(peer);
  }
}
