// Carries out what the roster decides: greets workers, sends each the state that it needs, reads checkpoints, opens and closes the step.
// Leaves out sockets, the step itself and what a worker computes.

import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import type { Message, WireLayout } from '../../shared/protocol/messages.js';
import { findStart, goBack, rollBack } from './find-start.js';
import { Handover } from './handover.js';
import type { MembershipOptions } from './membership-options.js';
import type { Peer } from './peer.js';
import { rankSources } from './rank-sources.js';
import { advanceRoster, createRoster, type RosterEffect, type RosterEvent, type RosterState } from './roster.js';

/** What is done to a worker that is connected. */
type PeerEffect = Exclude<Extract<RosterEffect, { readonly worker: string }>, { type: 'leave' }>;

const NUM_WITNESSES = 2;

export class Membership {
  readonly #options: MembershipOptions;
  /** Events that came while another was carried out. */
  readonly #queue: RosterEvent[] = [];
  readonly #handover: Handover;
  #roster: RosterState;
  #isBusy = false;
  #lastTransfer = 0;
  /** Steps after the last checkpoint do not count any more. */
  #isSuspect = false;
  /** The checkpoint that was read to go on from. */
  #restored: Float32Array | undefined;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#roster = createRoster(options, options.driver.committed, options.now());
    this.#handover = new Handover({ ...options, active: () => this.active(), dismiss: (peer) => this.dismiss(peer) });
  }

  active(): Peer[] {
    return [...this.#options.peers].filter((peer) => peer.phase === 'active');
  }

  /** A worker to get the state from: one in step, or the last that was. */
  pickSource(): Peer | undefined {
    const active = this.active();
    return rankSources(active.length > 0 ? active : this.#handover.holders(), this.#options)[0];
  }

  /** Workers whose state must be that of the source: as many as decide who is right, where they differ. Those who have done work, where some have. */
  witnessesOf(source: Peer): Peer[] {
    const others = this.active().filter((peer) => peer !== source);
    const proven = others.filter(({ samplesDone }) => samplesDone > 0);
    return rankSources(proven.length > 0 || source.samplesDone > 0 ? proven : others, this.#options).slice(0, NUM_WITNESSES);
  }

  greet(peer: Peer, hello: Message<'hello'>): void {
    const { runId, stage, recipe, numInstances, chunkBytes, heartbeatMs, peers, emit } = this.#options;
    const names = new Set([...peers].map((each) => each.id));
    let id = hello.name;
    for (let n = 2; names.has(id); n++) id = `${hello.name}-${n}`;
    const { backend, host, pid, session = randomUUID() } = hello;
    const step = hello.runId === runId && hello.stage === stage ? hello.step : undefined;
    Object.assign(peer, { id, session, backend, host, pid, step });
    this.#markMoved(peer);
    emit({ type: 'workerConnected', worker: id, host, backend, step });
    peer.channel.send({ type: 'welcome', worker: id, session, runId, stage, recipe, numInstances, chunkBytes, heartbeatMs });
    this.#dispatch({ type: 'came', worker: id, step });
  }

  /** Throws where the worker was not to say so. */
  handleReady(peer: Peer, offered: WireLayout): void {
    const { layout, log, peers } = this.#options;
    if (peer.phase === 'draining') return;
    if (peer.phase !== 'greeting') throw new Error('"ready" came a second time');
    if (!isDeepStrictEqual(layout, offered)) {
      log.error({ worker: peer.id }, 'worker builds another model from the recipe: is it of another version?');
      return peer.channel.close(CLOSE.refused, 'This worker builds another model from the recipe. Use the same version of Pretext everywhere.');
    }
    const kinds = new Set([...peers].filter((each) => each.phase !== 'greeting').map((each) => each.backend));
    if (kinds.size > 0 && !kinds.has(peer.backend)) {
      log.warn({ worker: peer.id, backend: peer.backend, others: [...kinds] }, 'workers of different kinds in one run: bits may depend on who computes what');
    }
    this.#dispatch({ type: 'ready', worker: peer.id });
  }

  /** Throws where the worker was not sent that state. */
  handleSynced(peer: Peer, step: number): void {
    if (step !== peer.begun) throw new Error(`"synced" with step ${step}, expected ${peer.begun ?? 'none'}`);
    peer.begun = undefined;
    peer.step = step;
    this.#dispatch({ type: 'synced', worker: peer.id });
  }

  /** The worker leaves of itself; the last one in step hands over its state first. */
  handleLeaving(peer: Peer): void {
    this.#handover.begin(peer);
  }

  /** The worker computes no more; it may still be connected. */
  dismiss(peer: Peer): void {
    this.#dispatch({ type: 'dismissed', worker: peer.id });
  }

  /** Nothing of the worker counts any more but what is in the sum; it may still be connected. */
  expel(peer: Peer): void {
    const { driver, transfers } = this.#options;
    this.dismiss(peer);
    driver.forget(peer.id);
    this.#handover.end(peer);
    transfers.dropSource(peer);
  }

  /** The step in progress is wrong and begins anew; where the steps before it are suspect too, from the last checkpoint. */
  startAgain({ isSuspect }: { readonly isSuspect: boolean }): void {
    this.#isSuspect = isSuspect;
    this.#dispatch({ type: 'begunAnew' });
  }

  /** The worker's connection is gone, and `peers` is without it. */
  forget(peer: Peer): void {
    this.expel(peer);
    this.#dispatch({ type: 'gone', worker: peer.id });
  }

  handleCommit(step: number): void {
    this.#dispatch({ type: 'committed', step });
  }

  /** Looks whether the run can go on. */
  tick(): void {
    this.#dispatch({ type: 'tick' });
  }

  #dispatch(event: RosterEvent): void {
    this.#queue.push(event);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        const { state, effects } = advanceRoster(this.#roster, next, this.#options.now());
        this.#roster = state;
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #perform(effect: RosterEffect): void {
    if ('worker' in effect && effect.type !== 'leave') {
      const peer = [...this.#options.peers].find(({ id }) => id === effect.worker);
      if (peer) this.#performFor(peer, effect);
      return;
    }
    switch (effect.type) {
      case 'open': return this.#open(effect);
      case 'close': return this.#options.driver.close();
      case 'choose': return void this.#choose(effect.ready).catch(this.#options.onError);
      case 'wait': return this.#options.emit({ type: 'waiting', reason: effect.reason });
      // Here and not below: the worker may be disconnected already.
      case 'leave': return this.#options.driver.leave(effect.worker);
      default: return effect satisfies never;
    }
  }

  #performFor(peer: Peer, effect: PeerEffect): void {
    const { driver, onJoin } = this.#options;
    switch (effect.type) {
      case 'phase':
        peer.phase = effect.phase;
        return this.#markMoved(peer);
      case 'begin':
        this.#sendBegin(peer, effect.source, effect.step);
        peer.step = effect.step;
        return;
      case 'fetch': return this.#fetch(peer, effect.step);
      case 'restore': return this.#restore(peer, effect.step);
      case 'catchUp': return driver.catchUp(peer);
      case 'join':
        onJoin(peer);
        return driver.join(peer);
      case 'sendBack': return peer.channel.close(CLOSE.restarting, 'nobody is in step any more');
      default: return effect satisfies never;
    }
  }

  #open({ step, source, workers }: Extract<RosterEffect, { type: 'open' }>): void {
    this.#options.emit({ type: 'resumed', step, from: source, workers });
    this.#options.driver.open();
  }

  /** Returns the number that the state's chunks must carry: those of an earlier attempt may still be under way. */
  #sendBegin(peer: Peer, source: 'keep' | 'seed' | 'transfer', step: number): number {
    this.#lastTransfer += 1;
    peer.begun = source === 'keep' ? undefined : step;
    peer.channel.send({ type: 'begin', step, source, transfer: this.#lastTransfer });
    return this.#lastTransfer;
  }

  #fetch(peer: Peer, step: number): void {
    const { log, transfers } = this.#options;
    const source = this.pickSource()!;
    log.info({ worker: peer.id, from: source.id, step }, 'worker gets the state from another');
    const transfer = this.#sendBegin(peer, 'transfer', step);
    transfers.start({
      source,
      step,
      onChunk: (offset, total, values) => void peer.channel.sendBulk(
        (at) => ({ type: 'state', transfer, offset: offset + at, total }), values).then(() => this.#markMoved(peer)),
      onFail: () => this.#dispatch({ type: 'transferFailed', worker: peer.id }),
    });
  }

  #restore(peer: Peer, step: number): void {
    const transfer = this.#sendBegin(peer, 'transfer', step);
    void peer.channel.sendBulk((offset, total) => ({ type: 'state', transfer, offset, total }), this.#restored!).then(() => this.#markMoved(peer));
  }

  #markMoved(peer: Peer): void {
    peer.movedMs = this.#options.now();
  }

  async #choose(ready: Extract<RosterEffect, { type: 'choose' }>['ready']): Promise<void> {
    const { driver } = this.#options;
    // Everybody may have left while the disk took a commit: it counts, or is rolled back, but it must not come after the start.
    await this.#options.settled();
    if (this.#isSuspect) this.#dispatch({ type: 'committed', step: await goBack(this.#options) });
    this.#isSuspect = false;
    const { decision, state } = await findStart(this.#options, ready, this.#roster.graceUntilMs);
    if (decision.action === 'give up') {
      throw new PretextError('BAD_STATE', 'The state that the stage begins from is lost: no worker and no checkpoint has it, and it cannot be made again.', { hint: 'Put back what init names, or the last checkpoint of the stage before, as it was (the log says what is wrong with it); or start the run anew in another folder.' });
    }
    if (decision.action === 'start' && decision.step < driver.committed) await rollBack(this.#options, { to: decision.step, reason: 'no worker and no checkpoint holds a later state' });
    this.#restored = state;
    this.#dispatch({ type: 'chosen', decision });
    this.#restored = undefined;
  }
}
