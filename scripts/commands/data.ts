// `pretext data`: what a run would see of a folder.

import type { Command } from 'commander';
import { jsonOption, setOption } from './options.js';

export interface DataFlags {
  readonly set?: readonly string[];
  readonly json?: boolean;
}

const EXAMPLES = `
Prints items, classes, sizes, lengths, sound, what is the same in two splits, pictures of one colour, what cannot be used and what is left
out, and why. Exits with 1 where a run on the folder would not be what is meant.

Examples:
  pretext data photos
  pretext data clips --json
  pretext data photos --set data.links=all --set data.holdout=0.2
  pretext data photos --set data.list=train.txt
`;

export function addDataCommand(program: Command): void {
  program
    .command('data')
    .argument('<dir>', 'folder of images or videos')
    .description('show what a run would see of a folder, and what is wrong with it')
    .addOption(setOption('change one key of the recipe, such as data.source'))
    .addOption(jsonOption('all of it'))
    .addHelpText('after', EXAMPLES)
    .action(async (dir: string, flags: DataFlags) => {
      const { showData } = await import('../actions/data.js');
      await showData(dir, flags);
    });
}
