// What an operator asks of a stage under way: that no step begins for a while, that its state is saved now, that a worker leaves.
// Leaves out who may ask, and stopping (stage-end.ts).

import { PretextError } from '../shared/errors/pretext-error.js';
import type { CheckpointStore } from './checkpoints/store.js';
import type { Membership } from './replicas/membership.js';
import type { Peer } from './replicas/peer.js';
import type { Saved, StateSaver } from './replicas/state-saver.js';
import type { StageEvent } from './run/events.js';
import type { StepDriver } from './step/driver.js';
import type { PauseState } from './step/state.js';

export interface StageOperationsOptions {
  readonly steps: number;
  readonly driver: StepDriver;
  readonly membership: Pick<Membership, 'active'>;
  readonly saver: StateSaver;
  readonly checkpoints: Pick<CheckpointStore, 'newest' | 'pathOf'>;
  readonly peers: ReadonlySet<Peer>;
  emit(event: StageEvent): void;
  /** Saves the state as of the last commit, if that can be done. */
  save(): Promise<void>;
}

export class StageOperations {
  readonly #options: StageOperationsOptions;
  /** Of the pause in progress: a new object for each. */
  #pausing: { isAtRest: boolean; isSaid: boolean } | undefined;

  constructor(options: StageOperationsOptions) {
    this.#options = options;
  }

  /** Undefined while the stage is not paused. */
  get pause(): PauseState | undefined {
    return this.#pausing && (this.#pausing.isSaid ? 'paused' : 'pausing');
  }

  /** Paused, no step begins; the one in hand is finished. */
  setPaused(isPaused: boolean): void {
    const { driver, emit } = this.#options;
    if (isPaused === (this.#pausing !== undefined)) return;
    this.#pausing = isPaused ? { isAtRest: false, isSaid: false } : undefined;
    driver.setPaused(isPaused);
    if (!isPaused) emit({ type: 'continued', step: driver.committed });
    this.lookAtPause();
  }

  /** Whoever pauses a run may be about to take its machines away: once nothing is in hand any more the state is saved, and then it is said. */
  lookAtPause(): void {
    const { steps, driver, membership, save } = this.#options;
    const pausing = this.#pausing;
    if (!pausing || pausing.isAtRest || !driver.isAtRest || driver.committed >= steps) return;
    pausing.isAtRest = true;
    const isSaved = driver.committed > 0 && membership.active().length > 0 ? save() : undefined;
    if (isSaved) void isSaved.then(() => this.#sayPaused(pausing));
    else this.#sayPaused(pausing);
  }

  #sayPaused(pausing: { isSaid: boolean }): void {
    const { driver, emit } = this.#options;
    if (this.#pausing !== pausing) return;
    pausing.isSaid = true;
    emit({ type: 'paused', step: driver.committed });
  }

  /** Saves the state as of the last commit. Throws PretextError REFUSED where nobody has it now, and what the disk says. */
  async checkpoint(): Promise<Saved> {
    const { driver: { committed }, membership, saver, checkpoints } = this.#options;
    if (membership.active().length > 0) return saver.save();
    if ((await checkpoints.newest(committed)) === committed) return { step: committed, path: checkpoints.pathOf(committed) };
    throw new PretextError('REFUSED', `no worker is in step, so nobody has the state of step ${committed}.`, { hint: 'Try again when workers take part; pretext status names them.' });
  }

  /** Tells a worker, or every worker of a node, to hand in what it holds and to leave. Returns their names. Throws PretextError NOT_FOUND. */
  drain(name: string): string[] {
    const { peers } = this.#options;
    const known = [...peers].filter(({ id }) => id !== '');
    const meant = known.filter(({ id }) => id === name || id.startsWith(`${name}/`));
    if (meant.length === 0) {
      throw new PretextError('NOT_FOUND', `there is no worker "${name}".`, { hint: known.length === 0 ? 'No worker is connected.' : `Connected: ${known.map(({ id }) => id).join(', ')}.` });
    }
    for (const { channel } of meant) channel.send({ type: 'drain' });
    return meant.map(({ id }) => id);
  }
}
