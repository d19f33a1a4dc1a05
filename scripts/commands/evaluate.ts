// `pretext evaluate`: what a checkpoint has learnt: the pretext task on held-out items, kNN and a linear probe on its features.

import { InvalidArgumentError, type Command } from 'commander';
import { describeExits } from './exit-codes.js';
import { backendOption, jsonOption } from './options.js';

export interface EvaluateFlags {
  /** A checkpoint of the run; the newest when undefined. */
  readonly checkpoint?: string;
  /** Other data than the run's own. */
  readonly data?: string;
  readonly probes: readonly ProbeName[];
  readonly report?: string;
  readonly backend: string;
  readonly json?: boolean;
}

const probeNames = ['knn', 'linear', 'attentive'] as const;

export type ProbeName = (typeof probeNames)[number];

function parseProbes(text: string): ProbeName[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(probeNames as readonly string[]).includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`Expected ${probeNames.join(', ')} or several with commas between them, given "${unknown}".`);
  return names as ProbeName[];
}

const EXAMPLES = `
Prints how well the task is solved on held-out items, what probes of every stage read, of clips what retrieval finds, and of a network that has
learnt from labels its accuracy (classify), mean average precision (multi-label) or mean intersection over union (segment). --json has all of it:
every class, the confusion matrix, calibration.

Examples:
  pretext evaluate runs/2026-11-23-183005
  pretext evaluate runs/2026-11-23-183005 --data labelled-videos --json
  pretext evaluate checkpoint.safetensors --data photos --probes knn,linear,attentive
`;

export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .argument('<run>', "the run's folder, or the file of a checkpoint")
    .description('measure what a checkpoint has learnt')
    .option('--checkpoint <file>', 'which checkpoint (default: the newest)')
    .option('--data <dir>', "other data than the run's own")
    .option('--probes <list>', 'attentive adds the probe that learns where to look, which takes longer; knn and linear are always there', parseProbes, ['knn', 'linear'] as ProbeName[])
    .option('--report <file>', 'write the results here too')
    .addOption(backendOption())
    .addOption(jsonOption('the results'))
    .addHelpText('after', EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'machine', 'refused', 'stopped']))
    .action(async (run: string, flags: EvaluateFlags) => {
      const { printEvaluation } = await import('../actions/evaluate.js');
      await printEvaluation(run, flags);
    });
}
