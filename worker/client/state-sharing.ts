// A worker's state for others: whole, in chunks, or its hash alone.

import type { Channel } from '../../shared/protocol/channel.js';
import type { FromWorker } from '../../shared/protocol/messages.js';
import type { ComputeClient } from '../compute/compute-client.js';
import { sharedFloats } from '../compute/protocol.js';

export interface StateSharingOptions {
  readonly channel: Channel<FromWorker>;
  readonly compute: ComputeClient;
  readonly stateLength: number;
}

/** Copies of the state that may be on their way at a time: whoever asks and does not read must not fill the memory. */
const MAX_COPIES = 4;

export class StateSharing {
  readonly #options: StateSharingOptions;
  #underway: Promise<void>[] = [];

  constructor(options: StateSharingOptions) {
    this.#options = options;
  }

  /** Copies the state; resolves when it may change again. */
  async send(id: number, step: number): Promise<void> {
    const { channel, compute, stateLength } = this.#options;
    if (this.#underway.length >= MAX_COPIES) await this.#underway[0];
    const state = sharedFloats(stateLength);
    await compute.call('save', { state });
    const sent = channel.sendBulk((offset, total) => ({ type: 'snapshot', id, step, offset, total }), state).then(() => {
      this.#underway = this.#underway.filter((each) => each !== sent);
    });
    this.#underway.push(sent);
  }

  async sendDigest(id: number, step: number): Promise<void> {
    const { channel, compute } = this.#options;
    const { result: sha256 } = await compute.call('digest', { of: 'state' });
    channel.send({ type: 'digest', id, step, sha256 });
  }
}
