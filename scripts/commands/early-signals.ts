// Hears a signal in the time that a command takes to load. The first process of a container has no handler of its own: until somebody listens, the
// kernel drops SIGTERM, and nobody sends it twice. Loads nothing but the exit codes.

import { EXIT } from './exit-codes.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The commands that run in containers, and how each ends before it has begun. */
const CODES: Readonly<Record<string, number>> = { run: EXIT.stopped, coordinator: EXIT.stopped, worker: EXIT.drained };

let end: (() => void) | undefined;

/** Until leaveEarly, a signal ends one of these commands at once: nothing has begun. */
export function listenEarly(command: string | undefined): void {
  const code = CODES[command ?? ''];
  if (code === undefined) return;
  end = () => process.exit(code);
  for (const name of SIGNALS) process.on(name, end);
}

/** For who listens from now on. */
export function leaveEarly(): void {
  if (end === undefined) return;
  for (const name of SIGNALS) process.off(name, end);
  end = undefined;
}
