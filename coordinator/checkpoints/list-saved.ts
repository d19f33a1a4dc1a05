// The checkpoints that a run's folder holds now, of every stage, with what tells each from others.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '../../shared/tensors/safetensors.js';
import { checkpointHashes, entriesOfStage, type JournalEntry } from '../journal/entries.js';
import { BEST } from '../observe/looks.js';
import type { Stage } from '../run/prepare.js';
import { checkpointPath, listCheckpoints } from './checkpoints.js';

export interface SavedCheckpoint {
  readonly stage: number;
  readonly step: number;
  readonly bytes: number;
  /** ISO time. */
  readonly saved: string;
  /** SHA-256 of the flat state, as the journal has it; the file's own hash is another. */
  readonly state: string;
  /** The best that looks at held-out items have found. */
  readonly isBest: boolean;
  readonly path: string;
}

/** What is needed of a stage to find them. */
export type StageOfCheckpoints = Pick<Stage, 'number'> & { readonly paths: Pick<Stage['paths'], 'checkpoints'> };

/** In the order of stage and step. A file that the journal does not know is left out, as a run leaves it. */
export async function listSaved(stages: readonly StageOfCheckpoints[], journal: readonly JournalEntry[]): Promise<SavedCheckpoint[]> {
  const lists = await Promise.all(stages.map(async ({ number, paths: { checkpoints } }) => {
    const hashes = checkpointHashes(entriesOfStage(journal, number));
    const best = await readBest(join(checkpoints, BEST));
    const steps = await listCheckpoints(checkpoints);
    const files = steps.map((step) => ({ step, path: checkpointPath(checkpoints, step) }));
    // The run removes old checkpoints; the best stays under a name of its own.
    if (best && !steps.includes(best.step)) files.push(best);
    const saved = await Promise.all(files.map(async ({ step, path }): Promise<SavedCheckpoint[]> => {
      const state = hashes.get(step);
      const file = await stat(path).catch(() => undefined);
      return file && state !== undefined ? [{ stage: number, step, bytes: file.size, saved: file.mtime.toISOString(), state, isBest: step === best?.step, path }] : [];
    }));
    return saved.flat().sort((a, b) => a.step - b.step);
  }));
  return lists.flat();
}

async function readBest(path: string): Promise<{ readonly step: number; readonly path: string } | undefined> {
  const { metadata } = await readSafetensors(path, () => false).catch(() => ({ metadata: { step: undefined } }));
  return metadata['step'] === undefined ? undefined : { step: Number(metadata['step']), path };
}
