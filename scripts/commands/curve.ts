// `pretext curve`: whether pretraining pays, by the number of labels: fine-tuned against scratch and against a frozen trunk.

import { Option, type Command } from 'commander';
import type { Preset } from '../finetune/plan.js';
import { describeExits } from './exit-codes.js';
import { addResourceOptions, backendOption, jsonOption, levelOption, listParser, numberParser, parseCount, parseEpochs, parseFrozenEpochs, parseRate, parseRateMult, parseSeeds, setOption, threadsOption, type CommonFlags, type ResourceFlags } from './options.js';

export type CurveFlags = CommonFlags & ResourceFlags & {
  readonly data: string;
  readonly init: string;
  readonly shares: readonly number[];
  readonly seeds: readonly number[];
  readonly preset: Preset;
  readonly epochs: number;
  readonly frozenEpochs: number;
  readonly steps?: number;
  readonly rate: number;
  readonly rateMult?: number;
  readonly set?: readonly string[];
  readonly out?: string;
  readonly workers: number;
  readonly backend: string;
  readonly threads: number;
};

const parseShares = listParser(numberParser('shares above 0 and up to 1, such as 0.01,0.1,1', (share) => share > 0 && share <= 1));

const EXAMPLES = `
For every share and seed three runs learn from the same labels, batches and steps: the trunk of --init fine-tuned, the same model from scratch,
and a head on the frozen trunk. A smaller share's labels are among those of a larger one, as many of each class. All make as many steps
as --epochs are with all labels. Held-out items are counted once each, unchanged. Runs that are there already are not run again, so that
after ctrl-C the same command goes on.

Examples:
  pretext curve --data flowers --init runs/2026-11-23-183005
  pretext curve --data flowers --init runs/pets --shares 0.1,1 --seeds 1 --steps 200      a first look
  pretext curve --data flowers --init trunk.safetensors --out curves/flowers --workers 2
`;

export function addCurveCommand(program: Command): void {
  const command = program.command('curve')
    .description('measure by the number of labels whether pretraining pays')
    .requiredOption('--data <dir>', 'folder of images or videos, with labels in folders by class or in labels.csv')
    .requiredOption('--init <run|file>', 'run or checkpoint whose trunk is measured')
    .option('--shares <list>', 'shares of the labels of each class', parseShares, [0.01, 0.05, 0.1, 0.25, 1])
    .option('--seeds <list>', 'seeds of the runs; each draws labels of its own', parseSeeds, [1, 2, 3])
    .addOption(new Option('--preset <name>', 'how the trunk is fine-tuned: full as scratch is trained, or with the care that pretext finetune --help tells').choices(['fine-tune', 'gradual', 'full'] satisfies Preset[]).default('full'))
    .option('--epochs <n>', 'times that all labelled items would be seen after the frozen ones', parseEpochs, 5)
    .option('--frozen-epochs <n>', 'times before, while the trunk is frozen', parseFrozenEpochs, 1)
    .option('--steps <n>', 'updates of every run, in the place of those that the epochs make', parseCount)
    .option('--rate <rate>', 'highest learning rate, for all', parseRate, 0.002)
    .option('--rate-mult <n>', "the head's rate by that of the first stage where the trunk is fine-tuned", parseRateMult)
    .addOption(setOption('change one key of all recipes'))
    .option('--out <dir>', 'folder of the runs, the table and the picture (default: curve/ in the run of --init)')
    .option('--workers <n>', 'worker processes', parseCount, 1)
    .addOption(backendOption())
    .addOption(threadsOption());
  addResourceOptions(command)
    .addOption(levelOption().default('error'))
    .addOption(jsonOption('the curve'))
    .addHelpText('after', EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'taken', 'diverged', 'machine', 'unreachable', 'refused', 'stopped']))
    .action(async (flags: CurveFlags) => {
      const { measureCurve } = await import('../actions/curve.js');
      await measureCurve(flags);
    });
}
