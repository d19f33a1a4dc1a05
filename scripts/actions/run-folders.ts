// Where runs lie when nobody says: `runs/` below the current folder, a folder a run named by its time.

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathsOf } from '../../coordinator/run/folder.js';
import { PretextError } from '../../shared/errors/pretext-error.js';

export const RUNS = 'runs';

/** A folder for a run that starts now: `runs/2026-11-23-183005`, in local time; not made yet. */
export function chooseNewRunFolder(now: Date, runs = RUNS): string {
  const pad = (n: number): string => String(n).padStart(2, '0');
  const day = `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
  const name = `${day}-${pad(now.getHours())}${pad(now.getMinutes())}${pad(now.getSeconds())}`;
  let folder = join(runs, name);
  for (let i = 2; existsSync(folder); i++) folder = join(runs, `${name}-${i}`);
  return folder;
}

/** The run that was written to last, if there is any. */
export function findNewestRun(runs = RUNS): string | undefined {
  if (!existsSync(runs)) return undefined;
  const times = readdirSync(runs).flatMap((name) => {
    const recipe = statSync(pathsOf(join(runs, name)).recipe, { throwIfNoEntry: false });
    return recipe === undefined ? [] : [{ folder: join(runs, name), timeMs: recipe.mtimeMs }];
  });
  return times.sort((a, b) => a.timeMs - b.timeMs).at(-1)?.folder;
}

/** Like findNewestRun, but throws NOT_FOUND. */
export function requireNewestRun(): string {
  const folder = findNewestRun();
  if (folder !== undefined) return folder;
  throw new PretextError('NOT_FOUND', `expected a run in "${RUNS}", found none.`, { hint: 'Give its folder with --out DIR.' });
}

/** The folder that the user names. Throws NOT_FOUND when it is not there. */
export function checkRunFolder(folder: string): string {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder;
  throw new PretextError('NOT_FOUND', `expected the folder of a run, but "${folder}" is not a folder.`, {
    hint: `Runs are in ${RUNS}/ unless --out said otherwise.`,
  });
}

/** What a coordinator has announced in a run's folder: its address, and beside it which process it is. Undefined when none has. */
export function readAnnouncement(folder: string): { readonly url: string } | undefined {
  try {
    const said = JSON.parse(readFileSync(pathsOf(folder).coordinator, 'utf8')) as { url?: unknown };
    return typeof said.url === 'string' ? { ...said, url: said.url } : undefined;
  } catch {
    return undefined;
  }
}

export const readCoordinatorUrl = (folder: string): string | undefined => readAnnouncement(folder)?.url;
