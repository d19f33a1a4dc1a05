// Checkpoints as they come about: a worker's state collected in chunks, then written. Goes from worker to worker while one is left.

import type { SavedState } from '../checkpoints/store.js';
import type { Peer } from './peer.js';
import type { StageEvent } from '../run/events.js';
import type { Transfers } from './transfers.js';

export interface StateSaverOptions {
  readonly transfers: Transfers;
  /** A worker in step; undefined when none is left. */
  readonly pickSource: () => Peer | undefined;
  readonly committed: () => number;
  /** Elements of a whole state. */
  readonly stateLength: number;
  /** Resolves with the path. */
  readonly write: (step: number, saved: SavedState) => Promise<string>;
  emit(event: StageEvent): void;
}

export interface Saved {
  readonly step: number;
  readonly path: string;
}

export interface StateSaver {
  /** Saves the state as of the last commit; rejects when no worker is left that has it, or with what the disk said. */
  save(): Promise<Saved>;
  /** True when the last attempt failed, and nothing has been saved since. */
  readonly isOwed: boolean;
  /** Resolves when nothing is being saved. */
  settled(): Promise<void>;
}

export function createStateSaver(options: StateSaverOptions): StateSaver {
  const { transfers, emit } = options;
  let saving: { readonly step: number; readonly done: Promise<Saved> } | undefined;
  let isOwed = false;

  function collect(step: number): Promise<SavedState> {
    return new Promise((resolve, reject) => {
      const source = options.pickSource();
      if (!source) return reject(new Error('no worker is left to save the state of'));
      const state = new Float32Array(options.stateLength);
      transfers.start({
        source,
        step,
        onChunk: (offset, _total, values) => state.set(values, offset),
        onWhole: (sha256) => resolve({ state, sha256 }),
        onFail() {
          if (step === options.committed()) collect(step).then(resolve, reject);
          else reject(new Error('the worker that had it left'));
        },
      });
    });
  }

  async function collectAndWrite(step: number): Promise<Saved> {
    const path = await options.write(step, await collect(step));
    isOwed = false;
    emit({ type: 'checkpointSaved', step, path });
    return { step, path };
  }

  return {
    save() {
      const step = options.committed();
      if (saving?.step === step) return saving.done;
      const done = collectAndWrite(step);
      saving = { step, done };
      // A failed attempt must not stand for the next one.
      done.catch(() => {
        isOwed = true;
        if (saving?.done === done) saving = undefined;
      });
      return done;
    },
    get isOwed() {
      return isOwed;
    },
    settled: async () => void (await saving?.done.catch(() => {})),
  };
}
