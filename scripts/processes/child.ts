// What the processes that `pretext run` starts have in common. They get their options by one JSON argument, send their result or
// failure to the parent, and end when the parent does.

import { dropUndefined } from '../../shared/drop-undefined.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import type { WorkerFailure } from '../../worker/node/restarts.js';

/** What a child says to its parent. */
export type ChildMessage<Result = unknown> =
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'result'; readonly result: Result }
  | { readonly type: 'failure'; readonly failure: WorkerFailure };

/** The work of a child; it should end soon when `signal` aborts. */
export type ChildWork<Options> = (options: Options, signal: AbortSignal, onProgress: (text: string) => void) => Promise<unknown>;

function say(message: ChildMessage, done = (): void => {}): void {
  process.send!(message, done);
}

function describe(error: unknown): WorkerFailure {
  const { code, hint } = error instanceof PretextError ? error : { code: 'WORKER_FAILED' as const, hint: undefined };
  return { code, message: messageOf(error), ...dropUndefined({ hint }) };
}

/** Does the work, sends the result or the failure to the parent, and ends the process with 0 or 1. */
export function serveParent<Options>(work: ChildWork<Options>): void {
  const stop = new AbortController();
  // The channel closes when the parent is killed.
  process.on('disconnect', () => process.exit(1));
  process.on('SIGTERM', () => stop.abort());
  // Ctrl-C reaches the whole group: the parent decides what becomes of the run.
  process.on('SIGINT', () => {});
  const options = JSON.parse(process.argv[2] ?? '{}') as Options;
  work(options, stop.signal, (text) => say({ type: 'progress', text })).then(
    (result) => say({ type: 'result', result }, () => process.exit(0)),
    (error: unknown) => say({ type: 'failure', failure: describe(error) }, () => process.exit(1)),
  );
}
