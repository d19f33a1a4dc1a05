// `pretext worker`: joins a coordinator and computes for it until the run is over.

import { type Command, InvalidArgumentError } from 'commander';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Resources } from '../../worker/data/resources.js';
import { workerAction } from '../actions/worker.js';
import { stopOnSignals } from './stop-on-signals.js';
import {
  addResourceOptions, backendOption, jsonOption, levelOption, readResources, threadsOption, tokenOption,
  type CommonFlags, type CommonOptions, type ResourceFlags,
} from './options.js';

export interface WorkerOptions extends CommonOptions {
  /** Address of the coordinator, http: or https:. */
  readonly join: URL;
  readonly token?: string | undefined;
  readonly backend: string;
  readonly device?: number | undefined;
  readonly threads: number;
  /** A folder with a copy of the data; without it files come from the coordinator. */
  readonly data?: string | undefined;
  /** Where to keep files that came from the coordinator. */
  readonly cache?: string | undefined;
  readonly resources: Partial<Resources>;
  /** Seconds to try for a first connection. */
  readonly wait: number;
  readonly name?: string | undefined;
}

type Flags = CommonFlags & ResourceFlags & {
  readonly join: URL;
  readonly token?: string;
  readonly backend: string;
  readonly device?: number;
  readonly threads: number;
  readonly data?: string;
  readonly cache?: string;
  readonly wait: number;
  readonly name?: string;
};

/** Reads the address of a coordinator: http, https, ws or wss, or HOST:PORT alone. */
export function parseJoin(text: string): URL {
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  const http = withScheme.replace(/^ws(s?):/i, 'http$1:');
  const url = URL.canParse(http) ? new URL(http) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError('Expected the address of a coordinator, such as http://10.0.0.1:7420.');
  }
  return url;
}

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
  addResourceOptions(program.command('worker'))
    .description('join a coordinator and compute for it')
    .requiredOption('--join <url>', 'address of the coordinator', parseJoin)
    .addOption(tokenOption())
    .addOption(backendOption())
    .option('--device <n>', 'which of the backend\'s devices', parseDevice)
    .addOption(threadsOption())
    .option('--data <dir>', 'a copy of the data (default: files come from the coordinator)')
    .option('--cache <dir>', 'where to keep files from the coordinator (default: a temporary folder)')
    .option('--wait <seconds>', 'how long to try for a first connection', parseSeconds, 30)
    .option('--name <name>', 'name in logs and reports (default: host and process)')
    .addOption(levelOption())
    .addOption(jsonOption('what it did'))
    .addHelpText('after', EXAMPLES)
    .action(({ join, token, backend, device, threads, data, cache, wait, name, json = false, level, ...resources }: Flags) =>
      runCommand({ join, token, backend, device, threads, data, cache, wait, name, json, level, resources: readResources(resources) }));
}

/** Computes until the run is over or a signal stops it. */
export async function runCommand({ join, json, ...options }: WorkerOptions): Promise<void> {
  const signal = stopOnSignals();
  const { backend, level, wait, ...rest } = options;
  await workerAction({ ...dropUndefined(rest), backend, level, join, connectForMs: wait * 1000, isLogShown: true, signal });
  if (json) process.stdout.write(`${JSON.stringify({ joined: join.href, drained: signal.aborted })}\n`);
}
