// Loads what a command does, listening for signals all the while, as early-signals.ts does until then.

import { leaveEarly } from './early-signals.js';

/** A signal that comes before it is loaded ends the process with `code`: nothing has begun. Afterwards stopOnSignals says of it. */
export async function loadHeedful<Module>(load: () => Promise<Module>, code: number): Promise<Module> {
  const { stopOnSignals } = await import('../actions/stop-on-signals.js');
  const signal = stopOnSignals();
  const end = (): void => process.exit(code);
  signal.addEventListener('abort', end);
  leaveEarly();
  const loaded = await load();
  signal.removeEventListener('abort', end);
  return loaded;
}
