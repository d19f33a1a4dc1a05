// `pretext embed`: the features that a frozen trunk gives of images, clips or frames, as a table for other programs.

import { Option, type Command } from 'commander';
import { describeExits } from './exit-codes.js';
import { backendOption, jsonOption, parseCount, stageOption } from './options.js';

export interface EmbedFlags {
  /** Other data than the run's own. */
  readonly data?: string;
  readonly out: string;
  readonly stage: string;
  readonly split: 'train' | 'test' | 'all';
  readonly per: 'item' | 'frame';
  readonly frames?: number;
  readonly backend: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Columns: path, split, label (with --per frame also frame and time_s), then the numbers, named by stage. Beside F.npy lies F.rows.csv with the rest.
Files that cannot be used are named. docs/using.md says more.

Examples:
  pretext embed runs/2026-11-23-183005 --out features.csv
  pretext embed checkpoint.safetensors --data photos --out features.npy --split test
  pretext embed runs/2026-11-23-183005 --data clips --out frames.parquet --per frame --frames 16 --stage all
`;

export function addEmbedCommand(program: Command): void {
  program
    .command('embed')
    .argument('<run>', "the run's folder, or the file of a checkpoint")
    .description('write the features that a trunk gives of images, clips or frames')
    .requiredOption('--out <file>', 'where they go: a name that ends in .csv, .npy or .parquet')
    .option('--data <dir>', "other data than the run's own")
    .addOption(stageOption())
    .addOption(new Option('--split <split>', 'which items').choices(['train', 'test', 'all']).default('all'))
    .addOption(new Option('--per <what>', 'a row for each item, with its frames averaged, or for each frame').choices(['item', 'frame']).default('item'))
    .option('--frames <n>', "frames of a clip, evenly spaced (default: the recipe's evaluate.framesPerVideo)", parseCount)
    .addOption(backendOption())
    .addOption(jsonOption('what was written'))
    .addHelpText('after', EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'machine', 'refused', 'stopped']))
    .action(async (run: string, flags: EmbedFlags) => {
      const { writeFeatures } = await import('../actions/embed.js');
      await writeFeatures(run, flags);
    });
}
