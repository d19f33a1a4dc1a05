// The state nearest to a step that a run's folder still gives: a checkpoint that is what the journal says, or what the stage began from.

import { createCheckpointStore } from '../../coordinator/checkpoints/store.js';
import { checkpointHashes, type StageEntry } from '../../coordinator/journal/entries.js';
import { hasInit } from '../../coordinator/run/initial-state.js';
import { makeFirst, type FirstContext } from '../../coordinator/run/open-stage.js';
import type { Stage } from '../../coordinator/run/prepare.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { initState } from '../../shared/state/init.js';
import type { Layout } from '../../shared/state/layout.js';
import { toWireLayout } from '../../shared/state/wire.js';
import { digestOf } from '../../shared/tensors/digest.js';

export interface FoundStart {
  /** Steps that led to it. */
  readonly step: number;
  readonly state: Float32Array;
  /** Where it comes from, in words. */
  readonly from: string;
  /** Checkpoints that would have been nearer, and why each is not used. */
  readonly rejected: readonly string[];
}

export interface StartContext extends FirstContext {
  readonly runId: string;
  readonly entries: readonly StageEntry[];
  readonly layout: Layout;
}

/** The newest state of `last` or before. Writes nothing. Throws PretextError BAD_STATE where not even the first can be made again. */
export async function findStart(stage: Stage, context: StartContext, last: number): Promise<FoundStart> {
  const { runId, entries, layout } = context;
  const rejected: string[] = [];
  const store = createCheckpointStore({
    folder: stage.paths.checkpoints, keep: stage.recipe.checkpoint.keep, metadata: { run: runId, stage: String(stage.number) },
    journal: { entries, append: () => Promise.reject(new Error('a replay writes no journal')) },
    onRejected: (step, path, reason) => { if (reason !== 'the file is missing') rejected.push(`"${path}" (step ${step}) is not used: ${reason}`); },
  });
  for (let step = await store.newest(last); step !== undefined; step = await store.newest(last)) {
    const state = await store.read(step, toWireLayout(layout));
    if (state) return { step, state, from: `the checkpoint of step ${step}`, rejected };
  }
  const state = hasInit(stage.recipe) ? await makeAgain(stage, context) : initState(layout, stage.recipe.seed);
  return { step: 0, state, from: hasInit(stage.recipe) ? 'what the stage began from' : 'the seed', rejected };
}

async function makeAgain(stage: Stage, context: StartContext): Promise<Float32Array> {
  const explain = (reason: string, cause?: unknown): PretextError => new PretextError('BAD_STATE', `The state that stage ${stage.number} began from cannot be made again: ${reason}.`, { hint: 'Put back the checkpoint that it was taken from.', cause });
  const { state } = await makeFirst(stage, context).catch((cause: unknown) => { throw explain(messageOf(cause).replace(/\.$/, ''), cause); });
  if (digestOf(state) !== checkpointHashes(context.entries).get(0)) throw explain('what it was made from has changed');
  return state;
}
