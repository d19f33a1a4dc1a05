// `pretext worker`: joins a coordinator and computes for it until the run is over.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { readDevices, type DeviceChoice } from '../../worker/node/device-choice.js';
import { addCredentialOptions, type CredentialFlags } from './credential-options.js';
import { describeExits } from './exit-codes.js';
import { loadHeedful } from './load-heedful.js';
import {
  addResourceOptions, backendOption, jsonOption, levelOption, parseUrl, threadsOption,
  type CommonFlags, type ResourceFlags,
} from './options.js';

export type WorkerFlags = CommonFlags & ResourceFlags & CredentialFlags & {
  /** Address of the coordinator. */
  readonly join: URL;
  readonly backend: string;
  readonly device?: number;
  /** A process for each of several devices of this machine. */
  readonly devices?: DeviceChoice;
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

function parseDevices(text: string): DeviceChoice {
  const choice = readDevices(text);
  if (choice) return choice;
  throw new InvalidArgumentError('Expected all, numbers such as 0,2, or cpu:2 for two workers on the processor.');
}

function parseSeconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of seconds.');
  return Number(text);
}

const EXAMPLES = `
Examples:
  pretext worker --join http://10.0.0.1:7420
  PRETEXT_TOKEN=secret pretext worker --join https://trainer.example:7420 --backend tensorflow
  pretext worker --join https://trainer.example:7420 --devices all --cache /var/cache/pretext
`;

export function addWorkerCommand(program: Command): void {
  const command = program
    .command('worker')
    .description('join a coordinator and compute for it')
    .requiredOption('--join <url>', 'address of the coordinator', parseUrl);
  addCredentialOptions(command, 'worker')
    .addOption(backendOption())
    .option('--device <n>', 'which of the backend\'s devices', parseDevice)
    .addOption(new Option('--devices <which>', 'a process for each of several devices: all, numbers such as 0,2, or cpu:N for N on the processor').conflicts('device').argParser(parseDevices))
    .addOption(threadsOption())
    .option('--data <dir>', 'a copy of the data (default: files come from the coordinator)')
    .option('--cache <dir>', 'where to keep files from the coordinator (default: a temporary folder)');
  addResourceOptions(command)
    .option('--wait <seconds>', 'how long to try for a first connection', parseSeconds, 30)
    .option('--name <name>', 'name in logs and reports (default: host and process; with --devices the host)')
    .addOption(levelOption())
    .addOption(jsonOption('what it did'))
    .addHelpText('after', EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'diverged', 'machine', 'unreachable', 'refused', 'drained']))
    .action(async (flags: WorkerFlags) => {
      const { joinRun } = await loadHeedful('worker', () => import('../actions/worker.js'));
      await joinRun(flags);
    });
}
