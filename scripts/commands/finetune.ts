// `pretext finetune`: a trunk and a few labels to a classifier, as fastai's fine_tune does it, as a run.

import { Option, type Command } from 'commander';
import type { Preset } from '../finetune/plan.js';
import { describeExits, RUN_EXITS } from './exit-codes.js';
import { addResourceOptions, backendOption, jsonOption, levelOption, parseCount, parseEpochs, parseFrozenEpochs, parseRate, parseRateMult, parseShare, seedOption, setOption, threadsOption, type CommonFlags, type ResourceFlags } from './options.js';

export type FineTuneFlags = CommonFlags & ResourceFlags & {
  readonly data?: string;
  readonly init?: string;
  readonly scratch?: boolean;
  readonly task?: string;
  readonly preset: Preset;
  readonly epochs: number;
  readonly frozenEpochs: number;
  readonly rate: number;
  readonly rateMult?: number;
  readonly layerDecay?: number;
  readonly norms?: 'frozen' | 'train';
  readonly blocks?: number;
  readonly rest?: 'random' | 'moments';
  readonly labelShare?: number;
  readonly seed: number;
  readonly set?: readonly string[];
  readonly out?: string;
  readonly report?: string;
  readonly resume?: boolean;
  readonly resumeOrStart?: boolean;
  readonly workers: number;
  readonly backend: string;
  readonly threads: number;
};

const EXAMPLES = `
Presets:
  fine-tune  the head alone for --frozen-epochs, then all at half the rate, lower stages more slowly (fastai's fine_tune)
  gradual    likewise, then one more stage of the trunk an epoch from the top, each at 1/2.6 of the rate of the one above (ULMFiT)
  full       everything from the start at one rate
  linear     the head alone throughout; not a bit of the trunk moves
All see the items for --frozen-epochs and --epochs together. Without --init it begins from scratch, as with full.

Examples:
  pretext finetune --data flowers --init runs/2026-11-23-183005
  pretext finetune --data flowers --init trunk.safetensors --label-share 0.1 --epochs 20
  pretext finetune --data flowers --init runs/pets --scratch      the same model without what it learnt, to compare
  pretext finetune --data flowers --init runs/pets --preset linear --workers 2
`;

export function addFineTuneCommand(program: Command): void {
  const command = program.command('finetune')
    .description('fine-tune a trunk on a folder with labels')
    .option('--data <dir>', 'folder of images or videos, with labels in folders by class or in labels.csv')
    .option('--init <run|file>', 'run or checkpoint that the trunk begins from (default: none, from scratch)')
    .option('--scratch', 'take of --init the model, sizes and pixels alone')
    .option('--task <name>', 'what is learnt from the labels (default: classify)')
    .addOption(new Option('--preset <name>', 'what is trained when').choices(['fine-tune', 'gradual', 'full', 'linear'] satisfies Preset[]).default('fine-tune'))
    .option('--epochs <n>', 'times that every labelled item is seen after the frozen ones', parseEpochs, 5)
    .option('--frozen-epochs <n>', 'times before, while the trunk is frozen', parseFrozenEpochs, 1)
    .option('--rate <rate>', 'highest learning rate; pretext find-rate suggests one', parseRate, 0.002)
    .option('--rate-mult <n>', "the head's rate by that of the first stage (default: 100; 1 with full)", parseRateMult)
    .option('--layer-decay <share>', 'instead: rate of a block by that of the one above it, such as 0.75', parseShare)
    .addOption(new Option('--norms <what>', 'normalisation of a frozen trunk (default: train for batch norm, as fastai does, else frozen)').choices(['frozen', 'train']))
    .option('--blocks <n>', 'take so many stages of the trunk, counted from the input; the others are trained from the start (default: all)', parseCount)
    .addOption(new Option('--rest <how>', 'what those begin from: values of the seed, or drawn by mean and variance of the arrays of --init (default: random)').choices(['random', 'moments']))
    .option('--label-share <share>', 'share of the labels of each class that is shown', parseShare)
    .addOption(seedOption())
    .addOption(setOption('change one key of the recipe, such as batch.microbatchSize or stages.2.steps'))
    .option('--out <dir>', "the run's folder (default: a new one in runs/)")
    .option('--report <file>', 'write the report here too')
    .option('--resume', 'go on with the run in --out; only --set may change it')
    .option('--resume-or-start', 'go on with the run in --out where there is one, start it where there is none')
    .option('--workers <n>', 'worker processes', parseCount, 1)
    .addOption(backendOption())
    .addOption(threadsOption());
  addResourceOptions(command)
    .addOption(levelOption())
    .addOption(jsonOption('the report'))
    .addHelpText('after', EXAMPLES + describeExits(RUN_EXITS))
    .action(async (flags: FineTuneFlags) => {
      const { fineTuneHere } = await import('../actions/finetune.js');
      await fineTuneHere(flags);
    });
}
