// Ctrl-C, SIGTERM and the death of the npm that started the command as an abort signal: the first asks for an orderly end, a second signal ends the
// process.

import { watchNpm } from '../processes/npm-above.js';

/** An end without order: nothing is known of the state. */
const CUT_OFF = 130;
/** Nobody waits for a process without npm. */
const ALONE_MS = 7000;

let heeded: AbortSignal | undefined;

/** Listens from the first call on, for the life of the process; every call gives the same signal. */
export function stopOnSignals(): AbortSignal {
  return (heeded ??= listen());
}

function listen(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(CUT_OFF);
      stop.abort();
    });
  }
  void watchNpm(() => {
    stop.abort();
    setTimeout(() => process.exit(CUT_OFF), ALONE_MS).unref();
  });
  return stop.signal;
}
