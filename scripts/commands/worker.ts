// `pretext worker`: joins a coordinator and computes for it until the run is over.

import { type Command, InvalidArgumentError } from 'commander';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { backendOption, jsonOption, levelOption, tokenOption, type CommonFlags, type CommonOptions } from './options.js';

export interface WorkerOptions extends CommonOptions {
  /** Address of the coordinator, http: or https:. */
  readonly join: URL;
  readonly token: string | undefined;
  readonly backend: string;
}

type Flags = CommonFlags & { readonly join: URL; readonly token?: string; readonly backend: string };

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

const EXAMPLES = `
Examples:
  pretext worker --join http://10.0.0.1:7420
  PRETEXT_TOKEN=secret pretext worker --join https://trainer.example:7420 --backend tensorflow
`;

export function addWorkerCommand(program: Command): void {
  program
    .command('worker')
    .description('join a coordinator and compute for it')
    .requiredOption('--join <url>', 'address of the coordinator', parseJoin)
    .addOption(tokenOption())
    .addOption(backendOption())
    .addOption(levelOption())
    .addOption(jsonOption('what it did'))
    .addHelpText('after', EXAMPLES)
    .action(({ join, token, backend, json = false, level }: Flags) => runCommand({ join, token, backend, json, level }));
}

/** Computes until the run is over or a signal stops it. */
export function runCommand(options: WorkerOptions): Promise<void> {
  return Promise.reject(new PretextError('BAD_STATE', `pretext worker is not wired yet (asked for ${options.join.href}).`));
}
