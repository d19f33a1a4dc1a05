// Serves a run that is over: status, log, report and checkpoints from its folder, until it is told to stop. Whoever comes to work is told that
// there is nothing to do.

import { resolve } from 'node:path';
import type { WebSocket } from 'ws';
import { CLOSE } from '../shared/protocol/close-codes.js';
import { readJournal } from './journal/journal.js';
import { checkMirror, createMirror } from './mirror/mirror.js';
import { createLogEvents } from './observe/log-events.js';
import type { Coordinator, CoordinatorOptions } from './options.js';
import { claimRunFolder } from './run/claim-run-folder.js';
import type { RunPaths } from './run/folder.js';
import type { PreparedRun } from './run/prepare.js';
import type { RunReport } from './run/report.js';
import { explainOver } from './run/operate.js';
import { createStageState, learningOf } from './run/state.js';
import { describeRun, type RunStatus } from './run/status.js';
import { untilAborted } from './run/until-aborted.js';
import type { Operate } from './server/control-routes.js';
import { listenForRun } from './server/listen-run.js';

const GOODBYE_MS = 2000;

export interface FinishedRun extends PreparedRun {
  readonly paths: RunPaths;
  readonly report: RunReport;
}

/** Throws PretextError RUN_EXISTS while another coordinator is at work in the folder, or what listening throws. */
export async function serveFinished(run: FinishedRun, options: CoordinatorOptions): Promise<Coordinator> {
  const { paths, recipe, report } = run;
  const claim = await claimRunFolder(paths, 'resume');
  try {
    if (options.mirror !== undefined) await checkMirror({ from: paths.folder, to: options.mirror });
    const status = describeFinished(run);
    const asked = new AbortController();
    const server = await listenForRun({
      ...run, options, runId: report.runId, journal: await readJournal(paths.journal), getStatus: () => status, operate: createOperate(status, () => asked.abort()), onWorker: sendHome,
    });
    await claim.announce(server.ownUrl);
    options.log.info({ url: server.url, folder: paths.folder }, 'the run is complete: it is served until this coordinator is stopped');
    await options.logHub.finish();
    const signal = AbortSignal.any([options.signal, asked.signal]);
    const caughtUp = catchUp(run, { ...options, signal });
    const closed = Promise.race([untilAborted(signal), claim.lost]).finally(async () => {
      asked.abort();
      await Promise.all([server.close(), caughtUp]);
      await claim.withdraw();
    });
    closed.catch(() => {});
    return { url: server.url, paths, recipe, getStatus: () => status, finished: Promise.resolve(report), closed };
  } catch (error) {
    await claim.withdraw();
    throw error;
  }
}

/** The coordinator before this one may have been killed before its mirror had all. */
async function catchUp({ paths, stages }: FinishedRun, { mirror: to, log, signal }: CoordinatorOptions): Promise<void> {
  if (to === undefined) return;
  const emit = createLogEvents({ log, now: () => performance.now(), samplesPerSecond: () => undefined });
  await createMirror({ from: paths.folder, to: resolve(to), numStages: stages.length, emit }).finish(signal);
}

function describeFinished({ recipe, stages, report }: FinishedRun): RunStatus {
  const stage = stages.at(-1)!;
  return describeRun({
    runId: report.runId, name: recipe.name, stages, stage, lostLines: report.lostLines,
    controller: { committed: stage.recipe.steps, peers: new Set() },
    state: { ...createStageState(), ...learningOf({ ...createStageState(), ...report }) },
  });
}

function createOperate({ state, stage, step }: RunStatus, stop: () => void): Operate {
  return ({ action }) => {
    if (action !== 'stop') return Promise.reject(explainOver());
    stop();
    return Promise.resolve({ state, stage, step });
  };
}

function sendHome(socket: WebSocket): void {
  socket.close(CLOSE.finished, 'the run is complete');
  setTimeout(() => socket.terminate(), GOODBYE_MS).unref();
}
