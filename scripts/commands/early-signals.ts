// Hears a signal in the time that a command takes to load. The first process of a container has no handler of its own: until somebody listens, the
// kernel drops SIGTERM, and nobody sends it twice. Loads nothing but the exit codes.

import { EXIT } from './exit-codes.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The commands that run in containers, and how each ends before it has begun. */
const CODES = { run: EXIT.stopped, coordinator: EXIT.stopped, worker: EXIT.drained } as const;

export type Heedful = keyof typeof CODES;

let end: (() => void) | undefined;

/** Until leaveEarly, a signal ends one of these commands at once: nothing has begun. */
export function listenEarly(command: string | undefined): void {
  if (command === undefined || !Object.hasOwn(CODES, command)) return;
  end = endEarly(command as Heedful);
  for (const name of SIGNALS) process.on(name, end);
}

/** What a signal does while a command has not begun. */
export const endEarly = (command: Heedful) => (): void => process.exit(CODES[command]);

/** For who listens from now on. */
export function leaveEarly(): void {
  if (end === undefined) return;
  for (const name of SIGNALS) process.off(name, end);
  end = undefined;
}
