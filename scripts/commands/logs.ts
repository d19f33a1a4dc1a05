// `pretext logs`: the log of a run, live from its coordinator or from the run's folder.

import { Option, type Command } from 'commander';
import { levelNames, type LevelName } from '../../shared/log/levels.js';
import { jsonOption, tokenOption, urlOption } from './options.js';

export interface LogsFlags {
  readonly url?: URL;
  readonly follow?: boolean;
  readonly worker?: string;
  readonly level?: LevelName;
  readonly token?: string;
  readonly json?: boolean;
}

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
    .addOption(urlOption())
    .addOption(tokenOption())
    .addOption(jsonOption('records'))
    .addHelpText('after', EXAMPLES)
    .action(async (run: string | undefined, flags: LogsFlags) => {
      const { printLogs } = await import('../actions/logs.js');
      await printLogs(run, flags);
    });
}
