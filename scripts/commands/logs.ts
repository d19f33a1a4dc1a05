// `pretext logs`: the log of a run, live from its coordinator or from the run's folder.

import { InvalidArgumentError, Option, type Command } from 'commander';
import { levelNames, type LevelName } from '../../shared/log/levels.js';
import { addCredentialOptions, type CredentialFlags } from './credential-options.js';
import { jsonOption, urlOption } from './options.js';

export interface LogsFlags extends CredentialFlags {
  readonly url?: URL;
  readonly follow?: boolean;
  readonly worker?: string;
  readonly level?: LevelName;
  /** In milliseconds since 1970. */
  readonly since?: number;
  readonly until?: number;
  readonly grep?: RegExp;
  readonly json?: boolean;
}

const EXAMPLES = `
Without --follow the records so far are printed: from the coordinator at work, or from the run's folder when there is none.
With it, a lost connection is taken up again where it was, until the run is over.

Examples:
  pretext logs --follow                        the newest run in runs/
  pretext logs --follow --url http://10.0.0.1:7420 --level warn
  pretext logs runs/2026-11-23-183005 --worker w1 --json
  pretext logs --since 10m --grep 'checkpoint|worker left'
  pretext logs --since 2026-11-23T18:30 --until 2026-11-23T19:00
`;

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads how long ago, such as `10m`, or a time, such as `2026-11-23T18:30`, which is local where it names no zone. Returns milliseconds since 1970. */
export function parseMoment(text: string, nowMs = Date.now()): number {
  const ago = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
  if (ago) return nowMs - Number(ago[1]) * UNITS_MS[ago[2]!]!;
  // A day alone would be one of UTC.
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00`) : /^\d{4}-\d\d-\d\d[T ]\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new InvalidArgumentError('Expected how long ago, such as 90s, 10m, 2h or 3d, or a time, such as 2026-11-23T18:30.');
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError(`Expected a regular expression: ${(error as Error).message}.`);
  }
}

export function addLogsCommand(program: Command): void {
  const command = program
    .command('logs')
    .argument('[run]', "the run's folder (default: the newest in runs/)")
    .description('print the log of a run')
    .option('-f, --follow', 'go on as records come')
    .option('--worker <id>', "only this worker; `coordinator` for the coordinator's own")
    .addOption(new Option('--level <level>', 'only this level and above').choices(levelNames))
    .option('--since <when>', 'only from then on: 10m, 2h or 3d ago, or a time', (text: string) => parseMoment(text))
    .addOption(new Option('--until <when>', 'only before then').argParser((text: string) => parseMoment(text)).conflicts('follow'))
    .option('--grep <regex>', 'only records whose line matches', parsePattern)
    .addOption(urlOption());
  addCredentialOptions(command, 'viewer')
    .addOption(jsonOption('records'))
    .addHelpText('after', EXAMPLES)
    .action(async (run: string | undefined, flags: LogsFlags) => {
      const { printLogs } = await import('../actions/logs.js');
      await printLogs(run, flags);
    });
}
