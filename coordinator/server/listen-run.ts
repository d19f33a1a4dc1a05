// Opens the port of a run, under way or over.

import type { WebSocket } from 'ws';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { CoordinatorOptions } from '../options.js';
import type { PreparedRun } from '../run/prepare.js';
import type { RunStatus } from '../run/status.js';
import { createControlRoutes, type Operate } from './control-routes.js';
import { createRoutes } from './routes.js';
import { createRunRoutes, type ServedRun } from './serve-run.js';
import { startServer, type CoordinatorServer } from './server.js';

export interface ListenOptions extends PreparedRun, Pick<ServedRun, 'runId' | 'paths' | 'journal'> {
  readonly options: CoordinatorOptions;
  getStatus(): RunStatus;
  readonly operate: Operate;
  onWorker(socket: WebSocket, address: string): void;
}

/** Throws PretextError PORT_IN_USE, REFUSED or BAD_ARGUMENT. */
export function listenForRun({ options, runId, paths, journal, recipe, stages, getStatus, operate, onWorker }: ListenOptions): Promise<CoordinatorServer> {
  const { host, port, insecure, token, viewerToken, logHub } = options;
  return startServer({
    host, port, insecure, ...dropUndefined({ token, viewerToken }),
    chunkBytes: Math.max(...stages.map((stage) => stage.recipe.exchange.chunkBytes)),
    routes: [...createControlRoutes(operate), ...createRunRoutes({ runId, name: recipe.name, paths, stages, journal }), ...createRoutes({
      onWorker, getStatus,
      handleLogs: logHub.handleLogs,
      findItem(number, index) {
        const stage = stages[number - 1];
        const item = stage?.items[index];
        return item && { root: stage.recipe.data.root, item, links: stage.recipe.data.links };
      },
    })],
  });
}
