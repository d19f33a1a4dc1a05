// Carries out how a stage ends: saves the final state, or what there is, and settles the promise that the run waits for.

import { PretextError, messageOf } from '../shared/errors/pretext-error.js';
import { CLOSE } from '../shared/protocol/close-codes.js';
import type { WireLayout } from '../shared/protocol/messages.js';
import { valuesLengthOf } from '../shared/state/wire.js';
import { digestOf } from '../shared/tensors/digest.js';
import type { CheckpointStore } from './checkpoints/store.js';
import { effectiveCommits } from './journal/entries.js';
import type { StageJournal } from './journal/stage-journal.js';
import type { EpochPlan } from './plan/epoch-plan.js';
import { advanceEnd, type EndEffect, type EndEvent, type EndState } from './ending.js';
import type { Membership } from './replicas/membership.js';
import type { StateSaver } from './replicas/state-saver.js';
import type { StageEvent } from './run/events.js';
import { createUseCheck, type UseCheck } from './run/unusable.js';
import type { StepDriver } from './step/driver.js';
import type { StepTotals } from './step/record.js';

export interface RunOutcome {
  /** SHA-256 of the final values. */
  readonly digest: string;
  readonly checkpoint: string;
}

export interface StageEndOptions {
  readonly steps: number;
  /** Share of the samples that may be unusable. */
  readonly maxUnusable: number;
  readonly plan: EpochPlan;
  readonly journal: StageJournal;
  readonly layout: WireLayout;
  readonly driver: StepDriver;
  readonly membership: Membership;
  readonly saver: StateSaver;
  readonly checkpoints: CheckpointStore;
  emit(event: StageEvent): void;
  /** Lets the workers go. */
  release(code: number, reason: string): void;
}

export class StageEnd {
  /** The workers are still connected when it resolves. */
  readonly finished: Promise<RunOutcome>;
  readonly #options: StageEndOptions;
  readonly #use: UseCheck;
  #state: EndState = { phase: 'running' };
  #outcome: RunOutcome | undefined;
  #settle!: { resolve: (outcome: RunOutcome) => void; reject: (error: unknown) => void };
  #saved: Promise<void> = Promise.resolve();

  constructor(options: StageEndOptions) {
    const { plan, journal } = options;
    this.#options = options;
    this.#use = createUseCheck({ ...options, ...plan }, effectiveCommits(journal.entries));
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // A failed run is reported by whoever awaits `finished`; without a listener yet it must not end the process.
    this.finished.catch(() => {});
  }

  get isOver(): boolean {
    return this.#state.phase === 'over';
  }

  handleLastCommit(): void {
    this.#take({ type: 'lastCommitted' });
  }

  /** Says which samples of a step could not be used. False, and the run ends, where there are too many of them. */
  canGoOn(step: number, { unusable }: StepTotals): boolean {
    for (const { position, path, code, reason } of unusable) this.#options.emit({ type: 'sampleQuarantined', step, position, path, code, reason });
    const error = this.#use.add({ step, unusable });
    if (error) this.fail(error);
    return error === undefined;
  }

  fail(error: unknown): void {
    this.#take({ type: 'error', error });
  }

  /** A disk that takes no checkpoint stops the run: every step from here on could be lost. */
  handleUnsaved(error: unknown): void {
    if (error instanceof PretextError) this.fail(error);
    else this.#options.emit({ type: 'checkpointFailed', step: this.#options.driver.committed, reason: messageOf(error) });
  }

  /** Resolves when all is saved and the workers are let go. */
  stop(): Promise<void> {
    this.#take({ type: 'stop' });
    return this.#saved;
  }

  #take(event: EndEvent): void {
    const { state, effects } = advanceEnd(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: EndEffect): void {
    const { driver } = this.#options;
    switch (effect.type) {
      case 'finish': return void this.#finish();
      case 'save':
        this.#saved = this.#save();
        return;
      case 'resolve':
        driver.close();
        return this.#settle.resolve(this.#outcome!);
      case 'reject': return this.#close(effect);
      default: return effect satisfies never;
    }
  }

  async #finish(): Promise<void> {
    try {
      this.#outcome = await this.#complete();
      this.#take({ type: 'finished' });
    } catch (error) {
      // The last worker may have left before its state was saved.
      this.handleUnsaved(error);
      this.#take({ type: 'notFinished' });
    }
  }

  async #complete(): Promise<RunOutcome> {
    const { layout, saver, checkpoints, steps } = this.#options;
    const state = await this.#readFinal() ?? await saver.save().then(() => this.#readFinal());
    const checkpoint = checkpoints.pathOf(steps);
    if (!state) throw new PretextError('BAD_STATE', `"${checkpoint}" was written, but reads differently.`, { hint: 'Look after the disk, then go on by --resume.' });
    return { digest: digestOf(state.subarray(0, valuesLengthOf(layout))), checkpoint };
  }

  async #readFinal(): Promise<Float32Array | undefined> {
    const { checkpoints, layout, steps } = this.#options;
    return (await checkpoints.newest(steps)) === steps ? checkpoints.read(steps, layout) : undefined;
  }

  /** Saves the state if somebody has it. What would be committed from now on would be beyond the checkpoint that the run ends with. */
  async #save(): Promise<void> {
    const { driver, membership, saver, emit } = this.#options;
    driver.halt();
    await driver.settled();
    if (driver.isOpen && membership.active().length > 0) {
      await saver.save().catch((error: unknown) => emit({ type: 'checkpointFailed', step: driver.committed, reason: messageOf(error) }));
    } else {
      // The last worker may be handing over its state.
      await saver.settled();
    }
    this.#take({ type: 'saved' });
  }

  #close(ending: Extract<EndEffect, { type: 'reject' }>): void {
    const { driver, release, steps } = this.#options;
    driver.close();
    if ('error' in ending) {
      release(CLOSE.failed, messageOf(ending.error));
      return this.#settle.reject(ending.error);
    }
    release(CLOSE.restarting, 'the coordinator stops');
    this.#settle.reject(new PretextError('CANCELLED', `Stopped after step ${driver.committed} of ${steps}.`, { hint: 'Go on with it by --resume.' }));
  }
}
