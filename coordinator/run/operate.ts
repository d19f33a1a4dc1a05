// What an operator asks of a run, whichever stage it is at. A pause outlives the coordinator: it is a file in the run's folder.

import { rm, writeFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import type { Operate } from '../server/control-routes.js';
import type { RunEvent } from './events.js';
import type { RunPaths } from './folder.js';
import type { OpenStage } from './open-stage.js';
import type { RunStatus } from './status.js';

export interface OperatedRun {
  readonly current: OpenStage;
  readonly paths: Pick<RunPaths, 'paused'>;
  readonly pause: { isPaused: boolean };
  readonly log: Logger;
  emit(event: RunEvent): void;
}

export interface OperateOptions {
  readonly run: OperatedRun;
  getStatus(): RunStatus;
  /** As SIGTERM does. */
  stop(): void;
}

const NOTE = 'This run is paused: `pretext continue` goes on with it.\n';

/** All that can be asked of a run that is over is to serve it no longer. */
export function explainOver(): PretextError {
  return new PretextError('REFUSED', 'the run is complete: nothing is left to do but to stop serving it.');
}

export function createOperate({ run, getStatus, stop }: OperateOptions): Operate {
  const where = (): Pick<RunStatus, 'state' | 'stage' | 'step'> => {
    const { state, stage, step } = getStatus();
    return { state, stage, step };
  };

  let noted: Promise<void> = Promise.resolve();

  /** Says in the run's folder what holds now. */
  async function note(): Promise<void> {
    const { paths: { paused }, pause, log } = run;
    // A disk that is full may be why somebody pauses the run.
    await (pause.isPaused ? writeFile(paused, NOTE) : rm(paused, { force: true }))
      .catch((error: unknown) => log.warn({ path: paused, reason: messageOf(error) }, 'a restart of the coordinator will not know whether the run is paused'));
  }

  async function setPaused(isPaused: boolean): Promise<object> {
    run.pause.isPaused = isPaused;
    run.current.controller.operations.setPaused(isPaused);
    // One after the other: what is written for a pause may take longer than what its end removes.
    await (noted = noted.then(note));
    return where();
  }

  return async (asked) => {
    run.emit({ type: 'operatorAsked', ...asked });
    const isOver = getStatus().state === 'finished';
    if (isOver && asked.action !== 'stop') throw explainOver();
    const { operations } = run.current.controller;
    switch (asked.action) {
      case 'pause': return setPaused(true);
      case 'continue': return setPaused(false);
      case 'checkpoint': return { ...where(), ...await operations.checkpoint() };
      case 'drain':
        if (asked.worker === undefined) throw new PretextError('BAD_ARGUMENT', 'expected the name of a worker: /control/drain?worker=NAME.');
        return { ...where(), workers: operations.drain(asked.worker) };
      case 'stop':
        stop();
        return { ...where(), ...(isOver ? {} : { state: 'stopping' }) };
      default: return asked.action satisfies never;
    }
  };
}
