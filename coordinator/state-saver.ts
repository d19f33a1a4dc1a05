// Checkpoints as they come about: a worker's state collected in chunks, then written. Goes from worker to worker while one is left.

import type { Peer } from './peer.js';
import type { StageEvent } from './run/events.js';
import type { Transfers } from './transfers.js';

export interface StateSaverOptions {
  readonly transfers: Transfers;
  /** A worker in step; undefined when none is left. */
  readonly pickSource: () => Peer | undefined;
  readonly committed: () => number;
  /** Elements of a whole state. */
  readonly stateLength: () => number;
  /** Resolves with the path. */
  readonly write: (step: number, state: Float32Array) => Promise<string>;
  emit(event: StageEvent): void;
}

/** Saves the state as of the last commit; rejects when no worker is left that has it, or with what the disk said. */
export type SaveState = () => Promise<void>;

export function createStateSaver(options: StateSaverOptions): SaveState {
  const { transfers, emit } = options;
  let saving: { readonly step: number; readonly done: Promise<void> } | undefined;

  function collect(step: number): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      const source = options.pickSource();
      if (!source) return reject(new Error('no worker is left to save the state of'));
      const state = new Float32Array(options.stateLength());
      transfers.start({
        source,
        step,
        onChunk(offset, total, values) {
          if (total !== state.length) return reject(new Error(`a state of ${total} numbers, expected ${state.length}`));
          state.set(values, offset);
          if (offset + values.length === total) resolve(state);
        },
        onFail() {
          if (step === options.committed()) collect(step).then(resolve, reject);
          else reject(new Error('the worker that had it left'));
        },
      });
    });
  }

  async function collectAndWrite(step: number): Promise<void> {
    const path = await options.write(step, await collect(step));
    emit({ type: 'checkpointSaved', step, path });
  }

  return () => {
    const step = options.committed();
    if (saving?.step === step) return saving.done;
    const done = collectAndWrite(step);
    saving = { step, done };
    // A failed attempt must not stand for the next one.
    done.catch(() => {
      if (saving?.done === done) saving = undefined;
    });
    return done;
  };
}
