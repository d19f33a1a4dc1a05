// Writes docs/tasks.md from the registry of tasks: `npm run docs:tasks`.

import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { toSchemaNode } from '../../shared/recipe/allowed.js';
import { puzzles } from '../../worker/tasks/puzzles.js';
import type { TaskInfo } from '../../worker/tasks/task.js';
import { formatMetric } from '../format/tasks.js';
import { describeTasks, type TaskFacts } from '../tasks/describe-tasks.js';
import { formatTable, listRows } from './option-rows.js';

const INTRODUCTION = `# The pretext tasks

What each task comes from, what it needs, its options, and what is measured of it, with the chance of a guesser and what nobody can beat.
Where these depend on the data they are those of 1000 items. \`pretext tasks\` prints the same, and
\`pretext tasks NAME --preview FILE.png --data DIR\` draws real samples before and after, with the answer.

A **guard** keeps the network from answers that need no understanding. Turn one off to see what it is for:
\`--set task.options.guards.NAME=false\`.

<!-- Written by scripts/tools/task-docs.ts from worker/tasks/puzzles.ts: change the task and run \`npm run docs:tasks\`. -->
`;

function formatOverview(tasks: readonly TaskFacts[]): string {
  const rows = tasks.map(({ name, paper, needs, metrics }) => `| [\`${name}\`](#${name}) | ${needs.join('; ')} | ${Object.keys(metrics).join(', ')} | ${paper} |`);
  return ['| task | needs | measured | paper |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function formatTask({ name, paper, media, isDefault, needs, metrics }: TaskFacts): string {
  const rows = listRows(toSchemaNode((puzzles as Record<string, TaskInfo>)[name]!.options), 'task.options.');
  return [
    `## ${name}`,
    `${paper}. Needs ${needs.join('; ')}.${isDefault ? ` A recipe that names no task gets it for ${media}s.` : ''}`,
    Object.entries(metrics).map(([metric, info]) => `- ${formatMetric(metric, info)}`).join('\n'),
    rows.length === 0 ? 'No options.' : formatTable(rows),
  ].join('\n\n') + '\n';
}

/** docs/tasks.md as it should be. */
export function formatTaskDocs(): string {
  const tasks = describeTasks();
  return [INTRODUCTION, formatOverview(tasks), '', ...tasks.map(formatTask)].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync('docs/tasks.md', formatTaskDocs());
}
