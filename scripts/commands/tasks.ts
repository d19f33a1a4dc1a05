// `pretext tasks`: which pretext tasks there are, one in full, and what its puzzles look like.

import type { Command } from 'commander';
import { jsonOption, parseCount, setOption } from './options.js';

export interface TasksFlags {
  /** Where a picture of samples goes. */
  readonly preview?: string;
  readonly data?: string;
  readonly samples?: number;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  pretext tasks
  pretext tasks jigsaw
  pretext tasks --json | jq '.[] | {name, metrics}'
  pretext tasks rotation --preview rotation.png --data photos
  pretext tasks frame-order --preview order.png --data clips --samples 3 --set task.options.numFrames=3
`;

export function addTasksCommand(program: Command): void {
  program
    .command('tasks')
    .argument('[name]', 'one task, in full')
    .description('show the pretext tasks: papers, needs, chance, options, guards')
    .option('--preview <file>', 'write a PNG of real samples before and after, with the answer; needs --data')
    .option('--data <dir>', 'folder of images or videos that the preview takes its samples from')
    .option('--samples <n>', 'samples of the preview (default: 6)', parseCount)
    .addOption(setOption('change one key of the recipe of the preview, such as task.options.minArea'))
    .addOption(jsonOption('all of it'))
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, flags: TasksFlags) => {
      const { showTasks } = await import('../actions/tasks.js');
      await showTasks(name, flags);
    });
}
