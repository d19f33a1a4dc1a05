// The checkpoints of a stage that it may go on from: those that are what the journal says. A damaged, replaced or missing one is named
// and left for the one before it.

import { messageOf } from '../../shared/errors/pretext-error.js';
import type { WireLayout } from '../../shared/protocol/messages.js';
import { digestOf } from '../../shared/tensors/digest.js';
import { checkpointHashes } from '../journal/entries.js';
import type { StageJournal } from '../journal/stage-journal.js';
import { checkpointPath, listCheckpoints, readCheckpoint, writeCheckpoint, type RunMetadata } from './checkpoints.js';

export interface CheckpointStore {
  pathOf(step: number): string;
  /** The newest step up to `last` with a checkpoint that is not known to be bad; its content is not looked at. */
  newest(last: number): Promise<number | undefined>;
  /** The flat state, or undefined when it is not what the journal says. */
  read(step: number, layout: WireLayout): Promise<Float32Array | undefined>;
  /** Writes a state, its hash into the journal first. Resolves with the path. */
  write(step: number, layout: WireLayout, saved: SavedState): Promise<string>;
}

export interface SavedState {
  readonly state: Float32Array;
  /** Of its bytes. */
  readonly sha256: string;
}

export interface CheckpointStoreOptions {
  readonly folder: string;
  /** How many are kept. */
  readonly keep: number;
  /** Goes into every file. */
  readonly metadata: RunMetadata;
  readonly journal: StageJournal;
  /** Makes the state of step 0 again where the seed does not give it. Throws when that is not possible any more. */
  readonly makeFirst?: (() => Promise<Float32Array>) | undefined;
  /** A checkpoint is not used, and why; called once for each. */
  onRejected(step: number, path: string, reason: string): void;
}

async function makeAsBefore(make: () => Promise<Float32Array>, sha256: string | undefined): Promise<Float32Array> {
  const state = await make();
  if (digestOf(state) !== sha256) throw new Error('what it was made from has changed');
  return state;
}

export function createCheckpointStore({ folder, keep, metadata, journal, makeFirst, onRejected }: CheckpointStoreOptions): CheckpointStore {
  const { run, stage } = metadata;
  /** Those that are named already, by step: whether there is a file. */
  const rejected = new Map<number, 'bad' | 'missing'>();
  /** The state of step 0 cannot be made again. */
  let isFirstLost = false;

  function reject(step: number, reason: string, what: 'bad' | 'missing' = 'bad'): undefined {
    if (!rejected.has(step)) onRejected(step, checkpointPath(folder, step), reason);
    rejected.set(step, what);
  }

  async function readFile(step: number, layout: WireLayout): Promise<Float32Array | undefined> {
    try {
      const state = await readCheckpoint(checkpointPath(folder, step), layout, { run, stage, step: String(step) });
      const isWhole = digestOf(state) === checkpointHashes(journal.entries).get(step);
      return isWhole ? state : reject(step, 'its content is not what the journal says');
    } catch (error) {
      return reject(step, messageOf(error));
    }
  }

  /** The state of step 0, made and written again. Throws when it cannot be written, as on a full disk: then it is not lost. */
  async function remakeFirst(make: () => Promise<Float32Array>, layout: WireLayout): Promise<Float32Array | undefined> {
    const state = await makeAsBefore(make, checkpointHashes(journal.entries).get(0)).catch((error: unknown) => {
      isFirstLost = true;
      onRejected(0, checkpointPath(folder, 0), `it cannot be made again: ${messageOf(error)}`);
    });
    if (!state) return undefined;
    await writeCheckpoint({ folder, step: 0, layout, state, metadata, keep });
    rejected.delete(0);
    return state;
  }

  return {
    pathOf: (step) => checkpointPath(folder, step),
    async newest(last) {
      const hashes = checkpointHashes(journal.entries);
      const files = new Set(await listCheckpoints(folder));
      const steps = [...new Set([...hashes.keys(), ...files])].filter((step) => step <= last).sort((a, b) => b - a);
      for (const step of steps) {
        if (!hashes.has(step)) reject(step, 'the journal does not know it');
        // Of those that are older than the newest, most are missing because they were removed on purpose.
        else if (!files.has(step)) reject(step, 'the file is missing', 'missing');
        else if (rejected.get(step) !== 'bad') return step;
      }
      return makeFirst && hashes.has(0) && !isFirstLost ? 0 : undefined;
    },
    async read(step, layout) {
      return (await readFile(step, layout)) ?? (step === 0 && makeFirst ? remakeFirst(makeFirst, layout) : undefined);
    },
    async write(step, layout, { state, sha256 }) {
      // The journal first: a file that a crash cuts off from its hash would be of no use.
      await journal.append({ type: 'checkpoint', step, sha256 });
      const path = await writeCheckpoint({ folder, step, layout, state, metadata, keep, own: new Set(checkpointHashes(journal.entries).keys()) });
      rejected.delete(step);
      return path;
    },
  };
}
