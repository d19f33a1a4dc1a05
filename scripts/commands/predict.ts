// `pretext predict`: the classes of files, by a checkpoint that has learnt some.

import type { Command } from 'commander';
import { describeExits } from './exit-codes.js';
import { backendOption, jsonOption, parseCount } from './options.js';

export interface PredictFlags {
  readonly out?: string;
  readonly top: number;
  readonly backend: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  pretext predict runs/2026-11-23-183005 photo.jpg clip.mp4
  pretext predict checkpoint.safetensors photos --out classes.csv
  pretext predict runs/2026-11-23-183005 photos --top 1 --json | jq .predictions
`;

export function addPredictCommand(program: Command): void {
  program
    .command('predict')
    .argument('<run>', "the run's folder, or the file of a checkpoint; it must have learnt classes (task classify)")
    .argument('<data...>', 'folders or files of images or videos')
    .description('tell the classes of images and videos, with confidence')
    .option('--out <file.csv>', 'write path, label and confidence here instead of printing them')
    .option('--top <n>', 'most probable classes that are named of each', parseCount, 3)
    .addOption(backendOption())
    .addOption(jsonOption('the predictions'))
    .addHelpText('after', EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'machine', 'refused', 'stopped']))
    .action(async (run: string, data: readonly string[], flags: PredictFlags) => {
      const { printPredictions } = await import('../actions/predict.js');
      await printPredictions(run, data, flags);
    });
}
