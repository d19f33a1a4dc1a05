// The report of a run as one page.

import { renderHead } from './head.js';
import { renderPage, type Part } from './page.js';
import type { RunData } from './run-data.js';
import { sections } from './sections/index.js';

export interface Rendered {
  /** Of an HTML file. */
  readonly text: string;
  /** Names of the parts that the run has something for. */
  readonly parts: readonly string[];
}

export async function renderReport(run: RunData, foot: string): Promise<Rendered> {
  const parts: Part[] = [];
  for (const { id, title, render } of sections) {
    const body = await render(run);
    if (body) parts.push({ id, title, body });
  }
  return { text: renderPage({ title: `${run.title}: report`, head: renderHead(run), parts, foot }), parts: parts.map(({ id }) => id) };
}
