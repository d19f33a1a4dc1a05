// `pretext evaluate`: what a checkpoint has learnt: the pretext task on held-out items, kNN and a linear probe on its features.

import type { Command } from 'commander';
import { backendOption, jsonOption } from './options.js';

export interface EvaluateFlags {
  /** A checkpoint of the run; the newest when undefined. */
  readonly checkpoint?: string;
  /** Other data than the run's own. */
  readonly data?: string;
  readonly report?: string;
  readonly backend: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  pretext evaluate runs/2026-11-23-183005
  pretext evaluate runs/2026-11-23-183005 --data labelled-videos --json
  pretext evaluate checkpoint.safetensors --data photos
`;

export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .argument('<run>', "the run's folder, or the file of a checkpoint")
    .description('measure what a checkpoint has learnt')
    .option('--checkpoint <file>', 'which checkpoint (default: the newest)')
    .option('--data <dir>', "other data than the run's own")
    .option('--report <file>', 'write the results here too')
    .addOption(backendOption())
    .addOption(jsonOption('the results'))
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, flags: EvaluateFlags) => {
      const { printEvaluation } = await import('../actions/evaluate.js');
      await printEvaluation(run, flags);
    });
}
