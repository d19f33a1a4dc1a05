// `pretext suggest`: which tasks fit a folder, which do not and why, and a recipe to begin with.

import type { Command } from 'commander';
import { jsonOption, setOption } from './options.js';

export interface SuggestFlags {
  readonly data: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

const EXAMPLES = `
Looks into some hundred pictures, or some dozen videos: sizes, lengths, motion, sound, labels, colours, near-duplicates, whether anything shows
which way is up. Trains nothing. Exits with 1 where no task fits.

Examples:
  pretext suggest --data photos
  pretext suggest --data clips --json | jq -r .recipe > recipe.yaml
`;

export function addSuggestCommand(program: Command): void {
  program
    .command('suggest')
    .description('say which pretext tasks fit a folder, and print a recipe')
    .requiredOption('--data <dir>', 'folder of images or videos')
    .addOption(setOption('change one key of the recipe that the folder is read by, such as data.source'))
    .addOption(jsonOption('all of it'))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: SuggestFlags) => {
      const { printSuggestion } = await import('../actions/suggest.js');
      await printSuggestion(flags);
    });
}
