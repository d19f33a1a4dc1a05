// `pretext checkpoints`: which checkpoints a run has, and one of them as a file here.

import { InvalidArgumentError, type Command } from 'commander';
import { addCredentialOptions, type CredentialFlags } from './credential-options.js';
import { describeExits } from './exit-codes.js';
import { jsonOption, urlOption } from './options.js';

export interface CheckpointsFlags extends CredentialFlags {
  readonly url?: URL;
  readonly json?: boolean;
}

export interface FetchFlags extends CheckpointsFlags {
  readonly stage?: number;
  readonly step?: number;
  readonly best?: boolean;
  readonly out?: string;
}

const LIST_EXAMPLES = `
From the coordinator at work, or from the run's folder when there is none.

Examples:
  pretext checkpoints                          the newest run in runs/
  pretext checkpoints --url http://10.0.0.1:7420
  pretext checkpoints fetch --url http://10.0.0.1:7420 --best
`;

const FETCH_EXAMPLES = `
A fetch that was cut off goes on where it was when it is called again. The file is there once its hash is what the coordinator says and its
content what the run's journal says.

Examples:
  pretext checkpoints fetch --url http://10.0.0.1:7420              the newest, into this folder
  pretext checkpoints fetch --url http://10.0.0.1:7420 --step 2000 --out trunk.safetensors
`;

/** Reads a number of a stage or a step. */
function parseNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

export function addCheckpointsCommand(program: Command): void {
  const command = program
    .command('checkpoints')
    .argument('[run]', "the run's folder (default: the newest in runs/)")
    .description('list the checkpoints of a run, or fetch one from its coordinator')
    .addOption(urlOption());
  addCredentialOptions(command, 'viewer')
    .addOption(jsonOption('the list'))
    .addHelpText('after', LIST_EXAMPLES)
    .action(async (run: string | undefined, flags: CheckpointsFlags) => {
      const { printCheckpoints } = await import('../actions/checkpoints.js');
      await printCheckpoints(run, flags);
    });
  const fetching = command
    .command('fetch')
    .argument('[run]', "the run's folder, to find its coordinator by (default: the newest in runs/)")
    .description('fetch a checkpoint: the newest, or another')
    .option('--step <n>', 'that of this step', parseNumber)
    .option('--best', 'the best that looks at held-out items have found')
    .option('--stage <n>', 'of this stage (default: the last that has one)', parseNumber)
    .option('--out <file>', 'where to, a file or a folder (default: a name of run and step in this folder)')
    .addOption(urlOption());
  addCredentialOptions(fetching, 'viewer')
    .addOption(jsonOption('what was fetched'))
    .addHelpText('after', FETCH_EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'machine', 'unreachable', 'refused', 'stopped']))
    .action(async (run: string | undefined, _own: FetchFlags, fetch: Command) => {
      const { fetchCheckpoint } = await import('../actions/checkpoints.js');
      // What the list takes too is read as the list's, wherever it stands.
      await fetchCheckpoint(run, fetch.optsWithGlobals<FetchFlags>());
    });
}
