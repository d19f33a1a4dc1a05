// What `pretext logs` does: prints the log of a run, live from its coordinator or from the run's folder.

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { pathsOf } from '../../coordinator/run/folder.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { createRecordFormat } from '../../shared/log/format-record.js';
import type { LogsFlags } from '../commands/logs.js';
import { formatLines } from '../format/lines.js';
import { findCoordinator, findWork } from './find-coordinator.js';
import { followLogs } from './follow-logs.js';
import { readCredentials } from './read-credentials.js';
import { readLogFiles } from './read-log-files.js';
import { checkRunFolder, findNewestRun, readCoordinatorUrl } from './run-folders.js';

type Print = (line: string) => Promise<void>;

/** Prints a record when stdout has room: a reader that is slow slows the reading, not the memory. `grep` sees what is printed, without colours. */
function createPrinter(asJson: boolean, grep: RegExp | undefined): Print {
  const colour = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
  const asIs = (line: string): string => `${line}\n`;
  const [format, plain] = asJson ? [asIs, asIs] : [createRecordFormat({ colour }), createRecordFormat({ colour: false })];
  return async (line) => {
    if (grep?.test(plain(line).trimEnd()) === false) return;
    if (!process.stdout.write(format(line))) await once(process.stdout, 'drain');
  };
}

async function printFiles(folder: string, flags: LogsFlags, print: Print): Promise<void> {
  for await (const { line } of readLogFiles(checkRunFolder(folder), { worker: flags.worker, level: flags.level, from: flags.since, to: flags.until })) await print(line);
}

/** Prints the log. Throws NOT_FOUND, UNREACHABLE, BAD_TOKEN, BAD_ARGUMENT or REFUSED. */
export async function printLogs(run: string | undefined, flags: LogsFlags): Promise<void> {
  const { url, follow = false, worker, level, since: from, until: to, grep, json = false } = flags;
  const credentials = readCredentials(flags, url);
  const print = createPrinter(json, grep);
  const folder = url === undefined ? (run ?? findNewestRun()) : undefined;
  const work = folder === undefined ? undefined : await findWork(folder, credentials);
  const isAtWork = folder !== undefined && work?.isAtWork === true;
  // The user may mean a coordinator that has no folder here, although an old run lies in runs/: with --follow it is asked first.
  if (folder !== undefined && !isAtWork && (run !== undefined || !follow)) return printFiles(folder, flags, print);
  // Of a run that was killed on another machine there may be nothing but the files, and of one at work there they have all but the newest.
  if (isAtWork && work?.isTrusted === false && !follow) {
    process.stderr.write(formatLines([`The coordinator that ${folder} names is not known to be a process of this machine, and the token is not sent there: this is what the files have. --url asks it.`]));
    return printFiles(folder, flags, print);
  }

  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  try {
    await followLogs({
      follow,
      worker,
      level,
      // What matches may have left the coordinator's memory.
      from: from ?? (grep === undefined ? undefined : 0),
      to,
      credentials,
      findUrl: () => findCoordinator({ credentials, ...(isAtWork ? { run: folder } : { url }) }),
      hasEnded: () => isAtWork && readCoordinatorUrl(folder) === undefined && existsSync(pathsOf(folder).report),
      signal: interrupt.signal,
      onRecord: print,
      onNote: (note) => void process.stderr.write(formatLines([note])),
    });
  } catch (error) {
    // A coordinator that was killed leaves its address in the folder, and its logs too.
    const isGone = isAtWork && !follow && error instanceof PretextError && error.code === 'UNREACHABLE';
    if (!isGone) throw error;
    await printFiles(folder, flags, print);
  }
}
