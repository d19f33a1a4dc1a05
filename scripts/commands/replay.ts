// `pretext replay`: computes a step of a run again, and shows what goes on in it.

import type { Command } from 'commander';
import { describeExits } from './exit-codes.js';
import { backendOption, jsonOption, parseCount } from './options.js';

export interface ReplayFlags {
  readonly step: number;
  /** Default: the last one that has begun. */
  readonly stage?: number;
  /** Where the data are now. */
  readonly data?: string;
  readonly backend: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Begins at the nearest checkpoint before the step, compares every gradient on the way with the journal, and shows for the step: loss, ranges of
inputs, activations, gradients and arrays, where the first number is that is not finite, and the samples. Changes nothing in the folder.
A run that ended because a loss was not finite names the step. docs/verdicts.md says how to read it.

Examples:
  pretext replay runs/2026-11-23-183005 --step 412
  pretext replay runs/2026-11-23-183005 --step 30 --stage 2 --backend simd --json
`;

export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .argument('<run>', "the run's folder")
    .description('compute a step of a run again, and show what goes on in it')
    .requiredOption('--step <n>', 'which step: one that the run has made, or the one that it could not make', parseCount)
    .option('--stage <n>', 'of which stage (default: the last one that has begun)', parseCount)
    .option('--data <dir>', 'where the data of the run are now, if they were moved')
    .addOption(backendOption())
    .addOption(jsonOption('what was seen'))
    .addHelpText('after', EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'machine', 'stopped']))
    .action(async (run: string, flags: ReplayFlags) => {
      const { printReplay } = await import('../actions/replay.js');
      await printReplay(run, flags);
    });
}
