// Comma-separated values (RFC 4180) for other programs to read. shared/datasets/csv.ts reads them.

const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

const quote = (field: string): string => (NEEDS_QUOTES.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

/** A line with its end. */
export const formatCsvRow = (fields: readonly string[]): string => `${fields.map(quote).join(',')}\n`;

/** The shortest decimal that reads back as the same float32. */
export function formatFloat(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}
