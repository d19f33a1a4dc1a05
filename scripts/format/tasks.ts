// What `pretext tasks` says, for people: a line or two a task, or one task in full.

import { escapeControls } from '../../shared/log/escape-controls.js';
import type { MetricInfo } from '../../shared/learning.js';
import type { OptionFacts, TaskFacts } from '../tasks/describe-tasks.js';

/** Several lines, the last one ended. */
export function formatTasks(tasks: readonly TaskFacts[]): string {
  const width = Math.max(...tasks.map(({ name }) => name.length));
  const lines = tasks.flatMap((task) => [
    `${task.name.padEnd(width)}  ${task.paper}`,
    ...summarise(task).map((line) => `${' '.repeat(width)}  ${line}`),
  ]);
  return `${lines.join('\n')}\n\nOptions and guards of one: pretext tasks NAME\n`;
}

function summarise({ needs, isDefault, media, metrics, guards }: TaskFacts): string[] {
  return [
    `needs ${needs.join('; ')}${isDefault ? ` (the default for ${media}s)` : ''}`,
    ...Object.entries(metrics).map(([name, metric]) => formatMetric(name, metric)),
    ...(guards.length > 0 ? [`guards: ${guards.map(({ key }) => key.slice(key.indexOf('.') + 1)).join(', ')}`] : []),
  ];
}

/** All of one task; several lines, the last one ended. */
export function formatTask(task: TaskFacts): string {
  const lines = [
    `${task.name}: ${task.paper}`,
    ...summarise({ ...task, guards: [] }).map((line) => `  ${line}`),
    ...listOptions('options', task.options),
    ...listOptions('guards', task.guards),
    '',
    `  ${task.command}`,
    `  pretext tasks ${task.name} --preview FILE.png --data DIR`,
  ];
  return `${lines.join('\n')}\n`;
}

function listOptions(title: string, options: readonly OptionFacts[]): string[] {
  if (options.length === 0) return [];
  return ['', `${title} (--set task.options.KEY=VALUE)`, ...options.flatMap(({ key, default: value, allowed, meaning }) => [
    `  ${key}${value === undefined ? '' : `=${JSON.stringify(value)}`}  ${allowed}`,
    `      ${meaning}`,
  ])];
}

/** A metric in words: what a guesser scores and what nobody can beat. */
export function formatMetric(name: string, { better, chance, ceiling }: MetricInfo): string {
  const bounds = [
    ...(chance === undefined ? [] : [`chance ${roundChance(chance)}`]),
    ...(ceiling === undefined ? [] : [`at most ${roundChance(ceiling)}`]),
  ];
  return `${name}: ${better} is better${bounds.map((bound) => `, ${bound}`).join('')}`;
}

const roundChance = (value: number): string => String(Number(value.toPrecision(3)));

/** A drawn sample in words. */
export interface ToldSample {
  readonly path: string;
  readonly answer?: string | undefined;
  readonly problem?: string | undefined;
}

export const captionOf = ({ path, answer, problem }: ToldSample): string => escapeControls([path, answer ?? problem].filter((part) => part !== undefined).join(': '));

export const formatSample = (sample: ToldSample, index: number): string => `${String(index + 1).padStart(3)}  ${captionOf(sample)}`;
