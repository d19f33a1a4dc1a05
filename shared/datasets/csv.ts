// A reader of comma-separated values (RFC 4180): quotes, doubled quotes, line ends of any kind, a byte order mark.

import { PretextError } from '../errors/pretext-error.js';

/** Rows of fields. Empty lines are left out; `line` is 1-based, where the row starts. */
export interface CsvRow {
  readonly line: number;
  readonly fields: readonly string[];
}

const LINE_END = /\r\n|\n|\r/y;

/**
 * Reads a whole text; `name` is that of its file. A quote within a field that does not begin with one is a character like any other.
 * Throws PretextError BAD_ARGUMENT, with its line, for a quote that is never closed or that is closed before the field's end.
 */
export function parseCsv(text: string, name: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let fields: string[] = [];
  let field = '';
  let quotedAt: number | undefined;
  let wasQuoted = false;
  let line = 1;
  let startLine = 1;

  function endField(): void {
    fields.push(field);
    field = '';
    wasQuoted = false;
  }

  function endRow(): void {
    endField();
    if (fields.length > 1 || fields[0] !== '') rows.push({ line: startLine, fields });
    fields = [];
    startLine = line;
  }

  let i = text.startsWith('\ufeff') ? 1 : 0;
  while (i < text.length) {
    const end = lineEndAt(text, i);
    const character = end ?? text[i]!;
    i += character.length;
    if (end !== undefined) line += 1;
    if (quotedAt !== undefined) {
      if (character !== '"') field += character;
      else if (text[i] === '"') field += text[i++]!;
      else quotedAt = undefined;
    } else if (end !== undefined) endRow();
    else if (character === ',') endField();
    else if (character === '"' && field === '' && !wasQuoted) {
      quotedAt = line;
      wasQuoted = true;
    } else if (!wasQuoted) field += character;
    else if (character.trim() !== '') throw new PretextError('BAD_ARGUMENT', `${name} line ${line}: text follows a closing quote; is a quote missing before it?`);
  }
  if (quotedAt !== undefined) throw new PretextError('BAD_ARGUMENT', `${name} line ${quotedAt}: the quote that begins there is never closed.`);
  endRow();
  return rows;
}

function lineEndAt(text: string, index: number): string | undefined {
  LINE_END.lastIndex = index;
  return LINE_END.exec(text)?.[0];
}
