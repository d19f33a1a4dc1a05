// A whole page of parts, in one file that asks for nothing else. Pure.

import { html, type Html } from './html.js';
import { STYLE } from './style.js';

export interface Part {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

export interface PageOptions {
  readonly title: string;
  /** What stands above all parts. */
  readonly head: Html;
  readonly parts: readonly Part[];
  /** The last line. */
  readonly foot: string;
}

/** Nothing of the page may be loaded from elsewhere or run, whatever came into it. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The text of an HTML file. */
export function renderPage({ title, head, parts, foot }: PageOptions): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">
<title>${title}</title>${STYLE}</head>
<body><header>${head}
<nav aria-label="Parts of this report"><ul>${parts.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav></header>
<main>${parts.map(({ id, title: name, body }) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${name}</h2>
${body}</section>
`)}</main>
<footer>${foot}</footer></body></html>
`.toString();
}
