// Writes docs/recipe.md from the recipe's schema: `npm run docs:recipe`. Options of tasks, models and optimizers are
// described by their owners, not here.

import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { describeAllowed, toSchemaNode, type SchemaNode } from '../shared/recipe/allowed.js';
import { recipeSchema } from '../shared/recipe/schema.js';

const INTRODUCTION = `# The recipe

A recipe is a YAML file that says what to train, on what and how. Every key has a default but \`data.root\`, so
\`pretext run --data DIR\` needs no recipe at all. \`--set key=value\` changes one key for one run
(\`--set batch.microbatches=4\`), and flags such as \`--steps\` are short for it; both win over the file.

Unknown keys and values out of range are refused before anything starts, with the line or the flag at fault.

The run's **hash** covers what the trained parameters depend on: \`seed\`, \`steps\`, \`data\` but for \`data.root\`, \`task\`,
\`model\`, \`optimizer\` and \`batch\`, options with their defaults filled in. Two runs with one hash on the same files give
the same bits, on any number of workers of one kind. \`name\`, \`data.root\`, \`exchange\`, \`checkpoint\`, \`digest\` and
\`evaluate\` may change without changing it.

<!-- Written by scripts/recipe-docs.ts from shared/recipe/schema.ts: change the schema and run \`npm run docs:recipe\`. -->
`;

interface Row {
  readonly key: string;
  readonly node: SchemaNode;
  readonly isRequired: boolean;
}

/** The keys of a section, those of the sections inside it among them. */
function listRows(section: SchemaNode, prefix: string): Row[] {
  const required = section.required ?? [];
  return Object.entries(section.properties ?? {}).flatMap(([name, node]) =>
    node.properties === undefined
      ? [{ key: prefix + name, node, isRequired: required.includes(name) }]
      : listRows(node, `${prefix}${name}.`),
  );
}

function formatDefault({ node, isRequired }: Row): string {
  if (isRequired) return 'required';
  return node.default === undefined ? 'none' : `\`${JSON.stringify(node.default).replace(/^"|"$/g, '')}\``;
}

function formatRow(row: Row): string {
  const unit = row.node.unit === undefined ? '' : ` (${row.node.unit})`;
  return `| \`${row.key}\` | ${formatDefault(row)} | ${describeAllowed(row.node)}${unit} | ${row.node.description ?? ''} |`;
}

function formatTable(rows: readonly Row[]): string {
  return ['| key | default | allowed | meaning |', '| --- | --- | --- | --- |', ...rows.map(formatRow)].join('\n');
}

/** docs/recipe.md as it should be. */
export function formatRecipeDocs(): string {
  const root = toSchemaNode(recipeSchema);
  const isSection = ([, node]: [string, SchemaNode]): boolean => node.properties !== undefined;
  const entries = Object.entries(root.properties ?? {});
  const top = { ...root, properties: Object.fromEntries(entries.filter((entry) => !isSection(entry))) };
  const sections = entries
    .filter(isSection)
    .map(([name, node]) => `## ${name}\n\n${node.description ?? ''}\n\n${formatTable(listRows(node, `${name}.`))}\n`);
  return [INTRODUCTION, `## The run\n\n${formatTable(listRows(top, ''))}\n`, ...sections].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync('docs/recipe.md', formatRecipeDocs());
}
