// `pretext predict`: the classes of files or of their pixels, by a checkpoint that has learnt some.

import type { Command } from 'commander';
import { describeExits } from './exit-codes.js';
import { backendOption, jsonOption, numberParser, parseCount } from './options.js';

export interface PredictFlags {
  readonly out?: string;
  /** Of one class an item. */
  readonly top?: number;
  /** Of several classes an item. */
  readonly threshold?: number;
  readonly backend: string;
  readonly json?: boolean;
}

const EXAMPLES = `
What is told depends on the task that was learnt:
  classify     the most probable classes of each file (--top)
  multi-label  the classes that each file has (--threshold); --out has the confidence in every class too
  segment      the share of the pixels that each class has; --out is a folder: a mask of each picture, of its own size, whose grey
               bytes are the numbers of classes, and classes.txt with their names

Examples:
  pretext predict runs/2026-11-23-183005 photo.jpg clip.mp4
  pretext predict checkpoint.safetensors photos --out classes.csv
  pretext predict runs/2026-11-23-183005 photos --top 1 --json | jq .predictions
  pretext predict runs/SEVERAL photos --threshold 0.3 --out labels.csv
  pretext predict runs/SEGMENT photos --out masks
`;

export function addPredictCommand(program: Command): void {
  program
    .command('predict')
    .argument('<run>', "the run's folder, or the file of a checkpoint; it must have learnt classes (task classify, multi-label or segment)")
    .argument('<data...>', 'folders or files of images or videos')
    .description('tell the classes of images and videos, with confidence, or of the pixels of images')
    .option('--out <place>', 'write a table here, FILE.csv, or masks into a folder, instead of printing them')
    .option('--top <n>', 'most probable classes that are named of each (default: 3)', parseCount)
    .option('--threshold <share>', 'confidence from which on a file has a class, where it may have several (default: 0.5)', numberParser('a number from 0 to 1', (value) => value >= 0 && value <= 1))
    .addOption(backendOption())
    .addOption(jsonOption('the predictions'))
    .addHelpText('after', EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'machine', 'refused', 'stopped']))
    .action(async (run: string, data: readonly string[], flags: PredictFlags) => {
      const { printPredictions } = await import('../actions/predict.js');
      await printPredictions(run, data, flags);
    });
}
