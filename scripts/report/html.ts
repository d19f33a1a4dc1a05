// HTML that can only be put together safely: whatever is filled into a template is escaped, but for what a template has made. Pure.

import { escapeControls } from '../../shared/log/escape-controls.js';

/** Made by `html` alone: no text from a file can pass for it. */
export class Html {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }

  /** What stands in a template is trusted; what is filled in is not. Values of attributes need quotation marks around them. */
  static fill(texts: TemplateStringsArray, ...filled: readonly Filling[]): Html {
    return new Html(texts.reduce((markup, text, i) => markup + toMarkup(filled[i - 1]) + text));
  }
}

export type Filling = Html | string | number | false | undefined | readonly Filling[];

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;' };

const LINES = /[^\n]+/g;

/** Of several lines the line ends stay. */
const escape = (text: string): string => text.replace(LINES, escapeControls).replace(/[&<>"'`]/g, (character) => ENTITIES[character]!);

function toMarkup(filling: Filling): string {
  if (filling === undefined || filling === false) return '';
  if (filling instanceof Html) return filling.toString();
  return Array.isArray(filling) ? filling.map(toMarkup).join('') : escape(String(filling));
}

export const html = Html.fill;

export interface Table {
  readonly caption: string;
  /** Without one the rows are of a name and a value. */
  readonly head?: readonly string[];
  /** The first cell of each row is its heading. */
  readonly rows: readonly (readonly Filling[])[];
  /** Columns of numbers, which stand to the right. */
  readonly numeric?: readonly number[];
}

export function table({ caption, head, rows, numeric = [] }: Table): Html {
  const kind = (column: number): string => (numeric.includes(column) ? 'number' : 'text');
  return html`<div class="wide"><table><caption>${caption}</caption>${head && html`<thead><tr>${head.map((name, i) => html`<th scope="col" class="${kind(i)}">${name}</th>`)}</tr></thead>`}
<tbody>${rows.map(([first, ...cells]) => html`<tr><th scope="row" class="${kind(0)}">${first}</th>${cells.map((cell, i) => html`<td class="${kind(i + 1)}">${cell}</td>`)}</tr>
`)}</tbody></table></div>`;
}
