// A reader of comma-separated values (RFC 4180): quotes, doubled quotes, line ends of either kind, a byte order mark.

/** Rows of fields. Empty lines are left out; `line` is 1-based, where the row starts. */
export interface CsvRow {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Reads a whole text. A quote that is never closed takes the rest of the text as its field. */
export function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let fields: string[] = [];
  let field = '';
  let isQuoted = false;
  let line = 1;
  let startLine = 1;

  function endRow(): void {
    fields.push(field);
    if (fields.length > 1 || field !== '') rows.push({ line: startLine, fields });
    fields = [];
    field = '';
  }

  const start = text.startsWith('\ufeff') ? 1 : 0;
  for (let i = start; i < text.length; i++) {
    const character = text[i]!;
    if (character === '\n') line += 1;
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[i + 1] === '"') field += text[++i]!;
      else isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === ',') {
      fields.push(field);
      field = '';
    } else if (character === '\n') {
      endRow();
      startLine = line;
    } else if (character !== '\r') field += character;
  }
  endRow();
  return rows;
}
