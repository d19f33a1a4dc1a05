// The keys of a section of options as rows, and rows as a table of Markdown: what generated documentation and `pretext tasks` share.

import { describeAllowed, type SchemaNode } from '../../shared/recipe/allowed.js';

export interface OptionRow {
  readonly key: string;
  readonly node: SchemaNode;
  readonly isRequired: boolean;
}

/** The keys of a section, those of the sections inside it among them. */
export function listRows(section: SchemaNode, prefix: string): OptionRow[] {
  const required = section.required ?? [];
  return Object.entries(section.properties ?? {}).flatMap(([name, node]) =>
    node.properties === undefined
      ? [{ key: prefix + name, node, isRequired: required.includes(name) }]
      : listRows(node, `${prefix}${name}.`),
  );
}

function formatDefault({ node, isRequired }: OptionRow): string {
  if (isRequired) return 'required';
  return node.default === undefined ? 'none' : `\`${JSON.stringify(node.default).replace(/^"|"$/g, '')}\``;
}

function formatRow(row: OptionRow): string {
  const unit = row.node.unit === undefined ? '' : ` (${row.node.unit})`;
  return `| \`${row.key}\` | ${formatDefault(row)} | ${describeAllowed(row.node)}${unit} | ${row.node.description ?? ''} |`;
}

export function formatTable(rows: readonly OptionRow[]): string {
  return ['| key | default | allowed | meaning |', '| --- | --- | --- | --- |', ...rows.map(formatRow)].join('\n');
}
