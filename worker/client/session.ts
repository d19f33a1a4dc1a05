// What a worker keeps from one connection to the next: its compute thread, its replica, and the data of the stage that it works on.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Message } from '../../shared/protocol/messages.js';
import { dropFreeKeys } from '../../shared/recipe/free-keys.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { readRecipe } from '../bind-recipe.js';
import type { ComputeClient } from '../compute/compute-client.js';
import { createDataSource, type DataSource } from '../data/data-source.js';
import type { LeaseBounds } from './check-lease.js';
import type { WorkerOptions } from './options.js';
import type { Replica } from './step-loop.js';

export interface Session {
  readonly options: WorkerOptions;
  readonly compute: ComputeClient;
  /** Kind of the backend that was started. */
  readonly backend: string;
  readonly replica: Replica;
  /** As the coordinator knows it, from its first welcome on. */
  id?: string;
  runId?: string;
  stage?: number;
  data?: DataSource;
  built?: {
    /** Of the recipe as it came. */
    readonly key: string;
    /** Of what the replica depends on. */
    readonly replicaKey: string;
    readonly recipe: Recipe;
    readonly stateLength: number;
    readonly layout: Message<'ready'>['layout'];
    readonly leases: LeaseBounds;
  };
}

/** Builds model and data for the recipe of a welcome, unless they are there from the connection before. */
export async function prepareSession(session: Session, { runId, stage, recipe: untrusted, numInstances }: Message<'welcome'>): Promise<void> {
  const { options: { join: url, log, resources, credentials, data: root, cache }, compute } = session;
  const key = JSON.stringify([runId, stage, untrusted]);
  if (session.built?.key === key) return;
  const recipe = readRecipe(untrusted);
  const replicaKey = JSON.stringify([runId, stage, dropFreeKeys(recipe)]);
  // A run that is resumed with other checkpoints, say, goes on with the replica that is here.
  if (session.built?.replicaKey !== replicaKey) {
    const { result } = await compute.call('build', { recipe, numInstances });
    session.replica.step = undefined;
    session.built = { key, replicaKey, recipe, ...result, leases: { ...recipe.batch, numInstances } };
  }
  session.built = { ...session.built, key, recipe };
  await session.data?.dispose();
  session.data = await createDataSource(recipe, { url, stage, numInstances, log, resources, ...dropUndefined({ credentials, root, cache }) });
}
