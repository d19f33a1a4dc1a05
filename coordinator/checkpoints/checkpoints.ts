// Checkpoints of a run: the flat state as named safetensors, written whole or not at all, pruned.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explainDiskError } from '../../shared/errors/disk-error.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { WireLayout } from '../../shared/protocol/messages.js';
import { nameRanges, stateLengthOf } from '../../shared/state/wire.js';
import { readSafetensors, writeSafetensors, type NamedArray } from '../../shared/tensors/safetensors.js';

const FILE_PATTERN = /^step-(\d{6,})\.safetensors$/;

export function checkpointPath(folder: string, step: number): string {
  return join(folder, `step-${String(step).padStart(6, '0')}.safetensors`);
}

/** Steps that have a checkpoint, ascending. */
export async function listCheckpoints(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  return names.flatMap((name) => FILE_PATTERN.exec(name)?.[1] ?? []).map(Number).sort((a, b) => a - b);
}

function nameArrays(layout: WireLayout, state: Float32Array): NamedArray[] {
  return nameRanges(layout).map(({ name, shape, offset, length }) => ({ name, shape, values: state.subarray(offset, offset + length) }));
}

export interface Checkpoint {
  readonly folder: string;
  readonly step: number;
  readonly layout: WireLayout;
  readonly state: Float32Array;
  readonly metadata: Readonly<Record<string, string>>;
  /** How many are left beside the first state. */
  readonly keep: number;
  /** Steps whose checkpoints are the run's; all by default. */
  readonly own?: ReadonlySet<number>;
}

/**
 * Writes the checkpoint of a step and removes all but the newest of the run's own. That of step 0 stays: nothing else leads back to it.
 */
export async function writeCheckpoint({ folder, step, layout, state, metadata, keep, own }: Checkpoint): Promise<string> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw explainDiskError(error, folder);
  });
  const path = checkpointPath(folder, step);
  await writeSafetensors(path, nameArrays(layout, state), { ...metadata, step: String(step) });
  const old = (await listCheckpoints(folder)).filter((each) => each > 0 && each <= step && (own?.has(each) ?? true)).slice(0, -keep);
  await Promise.all(old.map((each) => rm(checkpointPath(folder, each), { force: true })));
  return path;
}

/** What tells a run's checkpoint of a step from others. */
export type CheckpointMark = Readonly<Record<'run' | 'stage' | 'step', string>>;

/** What all checkpoints of a run's stage say of themselves. */
export type RunMetadata = Readonly<Record<string, string>> & Omit<CheckpointMark, 'step'>;

/** Why a checkpoint with these metadata is not the one that is looked for; undefined when it is. */
export function describeForeign(metadata: Readonly<Record<string, string>>, mark: CheckpointMark): string | undefined {
  const [key, expected] = Object.entries(mark).find(([name, value]) => metadata[name] !== value) ?? [];
  return key === undefined ? undefined : `it is of ${key} ${metadata[key] ?? 'unknown'}, expected ${expected}`;
}

/** Reads a checkpoint back as a flat state. Throws PretextError BAD_STATE when it does not fit the layout, or is not what it should be. */
export async function readCheckpoint(path: string, layout: WireLayout, mark?: CheckpointMark): Promise<Float32Array> {
  const { tensors, metadata } = await readSafetensors(path);
  const foreign = mark && describeForeign(metadata, mark);
  if (foreign !== undefined) throw new PretextError('BAD_STATE', foreign);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const state = new Float32Array(stateLengthOf(layout));
  for (const { name, shape, values } of nameArrays(layout, state)) {
    const stored = byName.get(name);
    if (!stored || stored.shape.join() !== shape.join()) {
      const given = stored ? `shape [${stored.shape.join(', ')}]` : 'nothing';
      throw new PretextError('BAD_STATE', `"${path}" has ${given} for "${name}", expected shape [${shape.join(', ')}].`);
    }
    values.set(stored.values);
  }
  return state;
}
