// Another try for what may be the machine's fault and not the file's: a process that was killed or not started, a clock that ran on
// while everything stood still, too many open files.

import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, PretextError } from '../errors/pretext-error.js';
import { isOfTheMachine } from './machine-fault.js';

const TRIES = 3;
const PAUSE_MS = 300;

/** True for what may go well next time. */
function isPassing(error: unknown): boolean {
  return error instanceof PretextError ? error.code === 'DECODE_TIMEOUT' || error.code === 'WORKER_FAILED' : isOfTheMachine(error);
}

/**
 * Does work up to three times. Throws PretextError WORKER_FAILED when none of them came to an end: the machine is at fault, for all
 * that is known. What the file is at fault for is thrown at once.
 */
export async function tryAgain<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (tries === TRIES) {
        throw new PretextError('WORKER_FAILED', `"${path}" could not be read in ${TRIES} tries: ${messageOf(error)}`, {
          hint: 'Is the machine overloaded or out of memory? If it is the file, take it out of the data.', cause: error,
        });
      }
      await sleep(PAUSE_MS * tries);
    }
  }
}
