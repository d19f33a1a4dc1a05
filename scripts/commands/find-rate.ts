// `pretext find-rate`: which learning rate suits a trunk and data, by a short run that tries all of them.

import type { Command } from 'commander';
import { describeExits } from './exit-codes.js';
import { backendOption, jsonOption, numberParser, parseCount, parseShare, seedOption, setOption, threadsOption } from './options.js';

export interface FindRateFlags {
  readonly data: string;
  readonly init?: string;
  readonly task?: string;
  readonly all?: boolean;
  readonly labelShare?: number;
  readonly steps: number;
  readonly seed: number;
  readonly set?: readonly string[];
  readonly draw?: string;
  readonly workers: number;
  readonly backend: string;
  readonly threads: number;
  readonly json?: boolean;
}

/** Of fewer nothing is left when those at both ends are cut off. */
const LEAST_STEPS = 7;

const EXAMPLES = `
The rate grows from 1e-7 to 10 in a run in a temporary folder; it ends where the smoothed loss is four times its best. Nothing of it is kept.
valley: a rate from the middle of the longest stretch over which the loss falls; a good --rate. steep: where it falls fastest; often higher.
With --init the head alone is trained, as in the first phase of pretext finetune; with --all everything is.

Examples:
  pretext find-rate --data flowers --init runs/pets
  pretext find-rate --data flowers --init runs/pets --draw rates.svg
  pretext find-rate --data photos --task rotation --json | jq .suggestions.valley
`;

export function addFindRateCommand(program: Command): void {
  program
    .command('find-rate')
    .description('suggest a learning rate')
    .requiredOption('--data <dir>', 'folder of images or videos')
    .option('--init <run|file>', 'run or checkpoint that the trunk begins from (default: none, from scratch)')
    .option('--task <name>', 'what is learnt (default: classify)')
    .option('--all', 'train the trunk of --init too')
    .option('--label-share <share>', 'share of the labels of each class that is shown', parseShare)
    .option('--steps <n>', 'rates to try', numberParser(`a whole number of at least ${LEAST_STEPS}`, (n) => Number.isInteger(n) && n >= LEAST_STEPS && n <= 1e6), 100)
    .addOption(seedOption())
    .addOption(setOption('change one key of the recipe, such as batch.microbatchSize'))
    .option('--draw <file>', 'draw the curve into an SVG file')
    .option('--workers <n>', 'worker processes', parseCount, 1)
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(jsonOption('curve and suggestions'))
    .addHelpText('after', EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'diverged', 'machine', 'stopped']))
    .action(async (flags: FindRateFlags) => {
      const { findRate } = await import('../actions/find-rate.js');
      await findRate(flags);
    });
}
