// `pretext logs`: the log of a run, live from its coordinator or from the run's folder.

import { Option, type Command } from 'commander';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { createRecordFormat } from '../../shared/log/format-record.js';
import { levelNames, type LevelName } from '../../shared/log/levels.js';
import { findCoordinator } from './coordinator-client.js';
import { followLogs } from './follow-logs.js';
import { jsonOption, tokenOption } from './options.js';
import { readLogFiles } from './read-log-files.js';
import { checkRunFolder, findNewestRun, readCoordinatorUrl } from './run-folders.js';

export interface LogsOptions {
  /** A run's folder. */
  readonly run: string | undefined;
  readonly url: string | undefined;
  readonly follow: boolean;
  readonly worker: string | undefined;
  readonly level: LevelName | undefined;
  readonly token: string | undefined;
  readonly json: boolean;
}

type Flags = Partial<Omit<LogsOptions, 'run'>>;

const EXAMPLES = `
Without --follow the records so far are printed: from the coordinator at work, or from the run's folder when there is none.
With it, a lost connection is taken up again where it was, until the run is over.

Examples:
  pretext logs --follow                        the newest run in runs/
  pretext logs --follow --url http://10.0.0.1:7420 --level warn
  pretext logs runs/2026-11-23-183005 --worker w1 --json
`;

export function addLogsCommand(program: Command): void {
  program
    .command('logs')
    .argument('[run]', "the run's folder (default: the newest in runs/)")
    .description('print the log of a run')
    .option('-f, --follow', 'go on as records come')
    .option('--worker <id>', "only this worker; `coordinator` for the coordinator's own")
    .addOption(new Option('--level <level>', 'only this level and above').choices(levelNames))
    .option('--url <url>', 'address of the coordinator')
    .addOption(tokenOption())
    .addOption(jsonOption('records'))
    .addHelpText('after', EXAMPLES)
    .action(async (run: string | undefined, { url, follow = false, worker, level, token, json = false }: Flags) => {
      await runCommand({ run, url, follow, worker, level, token, json });
    });
}

/** Prints a record when stdout has room: a reader that is slow slows the reading, not the memory. */
function createPrinter(asJson: boolean): (line: string) => Promise<void> {
  const colour = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
  const format = asJson ? (line: string) => `${line}\n` : createRecordFormat({ colour });
  return async (line) => {
    if (!process.stdout.write(format(line))) await once(process.stdout, 'drain');
  };
}

async function printFiles(folder: string, options: LogsOptions, print: (line: string) => Promise<void>): Promise<void> {
  for await (const { line } of readLogFiles(checkRunFolder(folder), options)) await print(line);
}

/** Prints the log. Throws NOT_FOUND, UNREACHABLE, BAD_TOKEN, BAD_ARGUMENT or REFUSED. */
export async function runCommand(options: LogsOptions): Promise<void> {
  const { run, url, follow, worker, level, token } = options;
  const print = createPrinter(options.json);
  const folder = url === undefined ? (run ?? findNewestRun()) : undefined;
  const isAtWork = folder !== undefined && readCoordinatorUrl(folder) !== undefined;
  // The newest run may be an old one while a coordinator without a folder here is meant: that one can only be followed.
  if (folder !== undefined && !isAtWork && (run !== undefined || !follow)) return printFiles(folder, options, print);

  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  try {
    await followLogs({
      follow,
      worker,
      level,
      token,
      findUrl: () => findCoordinator(isAtWork ? { run: folder } : { url }),
      hasEnded: () => isAtWork && readCoordinatorUrl(folder) === undefined && existsSync(join(folder, 'report.json')),
      signal: interrupt.signal,
      onRecord: print,
      onNote: (note) => void process.stderr.write(`${note}\n`),
    });
  } catch (error) {
    // A coordinator that was killed has left its address behind; what it has written is there.
    const isGone = isAtWork && !follow && error instanceof PretextError && error.code === 'UNREACHABLE';
    if (!isGone) throw error;
    await printFiles(folder, options, print);
  }
}
