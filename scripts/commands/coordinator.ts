// `pretext coordinator`: plans, leases, averages and keeps the record for workers that join from anywhere.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { addSecretOptions, type SecretFlags } from './credential-options.js';
import { describeExits, RUN_EXITS } from './exit-codes.js';
import { loadHeedful } from './load-heedful.js';
import { addRecipeOptions, jsonOption, levelOption, type CommonFlags, type RecipeFlags } from './options.js';

export interface Address {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export type CoordinatorFlags = RecipeFlags & CommonFlags & SecretFlags & {
  readonly listen: Address;
  readonly insecure?: boolean;
  readonly keepServing?: boolean;
};

const DEFAULT_LISTEN: Address = { host: '127.0.0.1', port: 7420 };

/** Reads HOST:PORT, the host of IPv6 in brackets. */
export function parseListen(text: string): Address {
  const match = /^(\[[0-9a-fA-F:.%]+\]|[^:[\]]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65535) throw new InvalidArgumentError('Expected HOST:PORT, such as 0.0.0.0:7420 or [::1]:7420.');
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port };
}

function listenOption(): Option {
  const { host, port } = DEFAULT_LISTEN;
  return new Option('--listen <host:port>', 'where workers and viewers come in').argParser(parseListen).default(DEFAULT_LISTEN, `${host}:${port}`);
}

const EXAMPLES = `
Examples:
  pretext coordinator --data videos            for workers on this machine
  PRETEXT_TOKEN=secret pretext coordinator recipe.yaml --listen 0.0.0.0:7420
  pretext coordinator recipe.yaml --out /runs/v --resume-or-start   in a container that is restarted until the run is over
  pretext coordinator recipe.yaml --out /runs/v --resume-or-start --keep-serving   in one that is restarted whatever happens
  pretext worker --join http://HOST:7420       on each machine, with the same PRETEXT_TOKEN
`;

export function addCoordinatorCommand(program: Command): void {
  const command = addRecipeOptions(program.command('coordinator'))
    .description('plan and average for workers that join; computes nothing itself')
    .addOption(listenOption());
  addSecretOptions(command)
    .option('--insecure', 'listen beyond this machine without a token')
    .option('--keep-serving', 'when the run is complete go on answering status, logs, report and checkpoints, until a signal ends it with 0')
    .addOption(levelOption())
    .addOption(jsonOption('the report'))
    .addHelpText('after', EXAMPLES + describeExits(RUN_EXITS))
    .action(async (file: string | undefined, flags: CoordinatorFlags) => {
      const { coordinate } = await loadHeedful('coordinator', () => import('../actions/coordinator.js'));
      await coordinate(file, flags);
    });
}
