// `pretext worker`: joins a coordinator and computes for it until the run is over.

import { type Command, InvalidArgumentError } from 'commander';
import { describeExits } from './exit-codes.js';
import {
  addResourceOptions, backendOption, jsonOption, levelOption, parseUrl, threadsOption, tokenOption,
  type CommonFlags, type ResourceFlags,
} from './options.js';

export type WorkerFlags = CommonFlags & ResourceFlags & {
  /** Address of the coordinator. */
  readonly join: URL;
  readonly token?: string;
  readonly backend: string;
  readonly device?: number;
  readonly threads: number;
  /** A folder with a copy of the data; without it files come from the coordinator. */
  readonly data?: string;
  /** Where to keep files that came from the coordinator. */
  readonly cache?: string;
  /** Seconds to try for a first connection. */
  readonly wait: number;
  readonly name?: string;
};

function parseDevice(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('Expected the number of a device, from 0.');
  return Number(text);
}

function parseSeconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of seconds.');
  return Number(text);
}

const EXAMPLES = `
Examples:
  pretext worker --join http://10.0.0.1:7420
  PRETEXT_TOKEN=secret pretext worker --join https://trainer.example:7420 --backend tensorflow
`;

export function addWorkerCommand(program: Command): void {
  const command = program
    .command('worker')
    .description('join a coordinator and compute for it')
    .requiredOption('--join <url>', 'address of the coordinator', parseUrl)
    .addOption(tokenOption())
    .addOption(backendOption())
    .option('--device <n>', 'which of the backend\'s devices', parseDevice)
    .addOption(threadsOption())
    .option('--data <dir>', 'a copy of the data (default: files come from the coordinator)')
    .option('--cache <dir>', 'where to keep files from the coordinator (default: a temporary folder)');
  addResourceOptions(command)
    .option('--wait <seconds>', 'how long to try for a first connection', parseSeconds, 30)
    .option('--name <name>', 'name in logs and reports (default: host and process)')
    .addOption(levelOption())
    .addOption(jsonOption('what it did'))
    .addHelpText('after', EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'diverged', 'machine', 'unreachable', 'refused', 'drained']))
    .action(async (flags: WorkerFlags) => {
      const { joinRun } = await import('../actions/worker.js');
      await joinRun(flags);
    });
}
