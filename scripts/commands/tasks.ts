// `pretext tasks`: which pretext tasks there are, one in full, and what its puzzles look like.

import type { Command } from 'commander';
import { jsonOption } from './options.js';

export interface TasksFlags {
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  pretext tasks
  pretext tasks jigsaw
  pretext tasks --json | jq '.[] | {name, metrics}'
`;

export function addTasksCommand(program: Command): void {
  program
    .command('tasks')
    .argument('[name]', 'one task, in full')
    .description('show the pretext tasks: papers, needs, chance, options, guards')
    .addOption(jsonOption('all of it'))
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, flags: TasksFlags) => {
      const { showTasks } = await import('../actions/tasks.js');
      showTasks(name, flags);
    });
}
