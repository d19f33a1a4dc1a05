// Writes docs/recipe.md from the recipe's schema and from the options of every model, optimizer and schedule: `npm run docs:recipe`. Those of
// tasks are in docs/tasks.md.

import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { toSchemaNode, type SchemaNode } from '../../shared/recipe/allowed.js';
import type { OptionRegistry } from '../../shared/recipe/complete.js';
import { recipeSchema } from '../../shared/recipe/schema.js';
import { registries } from '../../worker/registries.js';
import { formatTable, listRows, type OptionRow } from './option-rows.js';

const INTRODUCTION = `# The recipe

A recipe is a YAML file that says what to train, on what and how. Every key has a default but \`data.root\`, so
\`pretext run --data DIR\` needs no recipe at all. \`--set key=value\` changes one key for one run
(\`--set batch.microbatches=4\`), and flags such as \`--steps\` are short for it; both win over the file.

Where neither a recipe nor a flag says anything of steps, batch, optimizer, model, side, \`init\` or stages, \`pretext run\` and
\`pretext coordinator\` choose side, batch, steps, update rule and rate of a new run by the data and the tasks. They say which and
why, and the run's own recipe has them: the same line given again with \`--resume-or-start\` goes on with it.

Unknown keys and values out of range are refused before anything starts, with the line or the flag at fault.

## Stages

A run may have several stages, one after another. A stage is the top level with the stage's own keys laid over it, so most
recipes say little in each:

\`\`\`yaml
data: {root: clips}
stages:
  - {task: {name: rotation}, steps: 2000}
  - {task: {name: frame-order}, steps: 8000, init: {from: stage, blocks: 3}}
\`\`\`

A stage that chooses another task, model, optimizer or schedule takes none of the options that the top level has for the one
before. The trunk of every stage but the first begins from the end of the one before, unless \`init\` says otherwise; heads and
optimizer state always begin anew, but for a part of a head that a task inherits: \`artifact-spotting\` goes on with the decoder of a
stage of \`autoencoder\` (\`scripts/recipes/artifacts.yaml\`). \`--set steps=10\` reaches every stage, \`--set stages.2.steps=10\` the second one.

## The hash

The **hash** of a stage covers what the trained parameters depend on: \`seed\`, \`steps\`, \`data\` but for \`data.root\`, \`data.list\`,
\`data.links\`, \`data.maxUnusable\` and \`data.chance\`, \`task\` or \`tasks\` with \`turns\` and \`balance\`, \`consistency\`, \`model\`, \`optimizer\` and \`batch\`, options with their defaults filled in, and what \`init\` begins from: the hash of the stage
before, or the bytes of the file. Two runs with one hash on the same files give
the same bits, on any number of workers of one kind. \`name\`, these keys of \`data\`, \`exchange\`, \`checkpoint\`, \`digest\`,
\`evaluate\` and \`gate\` may change without changing it.

<!-- Written by scripts/tools/recipe-docs.ts from shared/recipe/schema.ts: change the schema and run \`npm run docs:recipe\`. -->
`;

/** The keys whose `name` is looked up in a registry, and whose `options` belong to what is found there. */
const CHOICES: readonly { readonly key: string; readonly registry: OptionRegistry; readonly more: readonly string[] }[] = [
  { key: 'task', registry: registries.task, more: ['auto'] },
  { key: 'model', registry: registries.model, more: [] },
  { key: 'optimizer', registry: registries.optimizer, more: [] },
  { key: 'optimizer.schedule', registry: registries.schedule, more: [] },
];

/** The rows with the names that a registry knows in the place of "text". */
function withNames(rows: readonly OptionRow[]): OptionRow[] {
  return rows.map((row) => {
    const choice = CHOICES.find(({ key }) => row.key === `${key}.name`);
    if (choice === undefined) return row;
    return { ...row, node: { ...row.node, enum: [...choice.more, ...Object.keys(choice.registry)] } };
  });
}

/** The options of everything that may stand at a key. */
function formatOptions({ key, registry }: (typeof CHOICES)[number]): string[] {
  if (registry === registries.task) return ['Options of each task: [tasks.md](tasks.md).\n'];
  return Object.entries(registry).map(([name, owner]) => {
    const rows = listRows(toSchemaNode(owner.options), `${key}.options.`);
    const parts = [`### ${key}.name: ${name}`, rows.length === 0 ? 'No options.' : formatTable(rows)];
    return `${parts.join('\n\n')}\n`;
  });
}

function formatSection([name, node]: [string, SchemaNode]): string[] {
  const table = formatTable(withNames(listRows(node, `${name}.`)));
  const choices = CHOICES.filter(({ key }) => key === name || key.startsWith(`${name}.`));
  return [`## ${name}\n\n${node.description ?? ''}\n\n${table}\n`, ...choices.flatMap(formatOptions)];
}

/** docs/recipe.md as it should be. */
export function formatRecipeDocs(): string {
  const root = toSchemaNode(recipeSchema);
  const isSection = ([, node]: [string, SchemaNode]): boolean => node.properties !== undefined;
  const entries = Object.entries(root.properties ?? {});
  const top = { ...root, properties: Object.fromEntries(entries.filter((entry) => !isSection(entry))) };
  const sections = entries.filter(isSection).flatMap(formatSection);
  return [INTRODUCTION, `## The run\n\n${formatTable(listRows(top, ''))}\n`, ...sections].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync('docs/recipe.md', formatRecipeDocs());
}
