// The npm that started this process, directly or by a shell. npm waits for what it starts: when it is gone it was killed, and nobody is left who
// would end this process. Of a shell that cannot be said: it may end before what it has started.

import { readFile } from 'node:fs/promises';
import { readProcess } from '../../coordinator/run/process-mark.js';

interface Ancestor {
  readonly pid: number;
  readonly started: number;
}

const LOOK_EVERY_MS = 1000;
/** Above this process: npm, and at most two between, such as a shell. */
const MAX_ABOVE = 3;

/** Processes from the one above this to npm; none where npm has no part in it, or where there is no /proc to look in. */
async function findAncestors(): Promise<Ancestor[]> {
  const above: Ancestor[] = [];
  for (let pid = process.ppid; above.length < MAX_ABOVE && pid > 1;) {
    const [facts, command] = await Promise.all([readProcess(pid), readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')]);
    if (!facts) return [];
    above.push({ pid, started: facts.started });
    if (/\bnp[mx]\b/.test(command)) return above;
    pid = facts.parent;
  }
  return [];
}

/** Calls back once when npm, or what is between, is gone. Does not keep the process up. */
export async function watchNpm(onGone: () => void): Promise<void> {
  if (process.env['npm_execpath'] === undefined) return;
  const above = await findAncestors();
  if (above.length === 0) return;
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  timer.unref();

  async function look(): Promise<void> {
    const now = await Promise.all(above.map(({ pid }) => readProcess(pid)));
    if (above.every(({ started }, index) => now[index]?.started === started)) return;
    clearInterval(timer);
    onGone();
  }
}
