// Ctrl-C and SIGTERM as an abort signal: the first asks for an orderly end, the second ends the process.

/** Listens from now on, for the life of the process. */
export function stopOnSignals(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort();
    });
  }
  return stop.signal;
}
