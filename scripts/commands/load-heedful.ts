// Loads what a command does, listening for signals all the while, as early-signals.ts does until then.

import { endEarly, leaveEarly, type Heedful } from './early-signals.js';

/** A signal that comes before it is loaded ends the process as the command does that has not begun. Afterwards stopOnSignals says of it. */
export async function loadHeedful<Module>(command: Heedful, load: () => Promise<Module>): Promise<Module> {
  const { stopOnSignals } = await import('../actions/stop-on-signals.js');
  const signal = stopOnSignals();
  const end = endEarly(command);
  signal.addEventListener('abort', end);
  leaveEarly();
  const loaded = await load();
  signal.removeEventListener('abort', end);
  return loaded;
}
