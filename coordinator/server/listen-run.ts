// Opens the port of a run, under way or over.

import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { CoordinatorOptions } from '../options.js';
import type { PreparedRun } from '../run/prepare.js';
import type { RunStatus } from '../run/status.js';
import { createControlRoutes, type Operate } from './control-routes.js';
import { createRoutes } from './routes.js';
import type { SecretsEvent } from './secrets.js';
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
  const { host, port, insecure, secrets, tls, log, logHub } = options;
  return startServer({
    host, port, insecure, ...dropUndefined({ secrets, tls }), onSecrets: (event) => logSecrets(log, event),
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

function logSecrets(log: Logger, event: SecretsEvent): void {
  switch (event.type) {
    case 'tokensChanged': return log.info({ cut: event.cut }, 'tokens are read again: connections by an old one are cut off');
    case 'certificateChanged': return log.info('certificate is read again: new connections get it');
    case 'secretsUnusable': return log.warn({ reason: event.reason }, 'files of tokens or certificates cannot be used: the old ones stay valid');
    default: return event satisfies never;
  }
}
