// The compute thread as seen from the main thread: calls that resolve when it has done them. Kernels may block it for seconds;
// the main thread stays free for heartbeats and sockets.

import { SHARE_ENV, Worker } from 'node:worker_threads';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError, type ErrorCode } from '../../shared/errors/pretext-error.js';
import type { CallName, ComputeCalls, Reply } from './protocol.js';

export interface ComputeClient {
  /** Resolves with the result and the milliseconds that the thread spent. Rejects with what the thread threw, or when it died. */
  call<Name extends CallName>(name: Name, parameters: ComputeCalls[Name]['parameters']): Promise<{ result: ComputeCalls[Name]['result']; ms: number }>;
  /** Ends the thread, in the middle of a kernel if need be. */
  dispose(): Promise<void>;
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

export function createComputeClient(): ComputeClient {
  // A thread's own environment is a copy that native libraries do not see: what a backend sets there for its library would be lost.
  const thread = new Worker(new URL('./compute-thread.js', import.meta.url), { env: SHARE_ENV });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let death: Error | undefined;

  function die(error: Error): void {
    death ??= error;
    for (const { reject } of waiting.values()) reject(death);
    waiting.clear();
  }

  thread.on('message', (reply: Reply) => {
    const entry = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) {
      const { code, message, hint } = reply.error;
      entry?.reject(new PretextError(code as ErrorCode, message, dropUndefined({ hint })));
    } else {
      entry?.resolve({ result: reply.result, ms: reply.ms } as never);
    }
  });
  thread.on('error', die);
  thread.on('exit', (code) => die(new PretextError('WORKER_FAILED', `The compute thread ended (exit code ${code}).`, {
    hint: 'It may have run out of memory: try a smaller batch.microbatchSize.',
  })));

  return {
    call(name, parameters) {
      if (death !== undefined) return Promise.reject(death);
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        thread.postMessage({ id, name, parameters });
      });
    },
    async dispose() {
      await thread.terminate();
    },
  };
}
