// What `pretext tasks` does: prints what the registry says of its tasks.

import { lookUp } from '../../shared/registry.js';
import type { TasksFlags } from '../commands/tasks.js';
import { formatTask, formatTasks } from '../format/tasks.js';
import { describeTasks } from '../tasks/describe-tasks.js';

/** Throws PretextError BAD_ARGUMENT for a task that there is not. */
export function showTasks(name: string | undefined, { json = false }: TasksFlags): void {
  const tasks = describeTasks();
  if (name === undefined) {
    process.stdout.write(json ? `${JSON.stringify(tasks)}\n` : formatTasks(tasks));
    return;
  }
  const task = lookUp('task', Object.fromEntries(tasks.map((each) => [each.name, each])), name);
  process.stdout.write(json ? `${JSON.stringify(task)}\n` : formatTask(task));
}
