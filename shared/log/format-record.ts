// A log record as a line for people: `[12:30:01.250] WARN: w2: worker is late {"step":12}`.

import { prettyFactory } from 'pino-pretty';
import { escapeControls } from './escape-controls.js';

export interface FormatOptions {
  /** ANSI colours. */
  readonly colour: boolean;
}

/** A record may come from another machine. Only the stack of an error keeps its lines. */
function escapeStrings(key: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [escapeControls(name), each as unknown]));
  }
  if (typeof value !== 'string') return value;
  return key === 'stack' ? value.split('\n').map(escapeControls).join('\n') : escapeControls(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Makes a function from a record, as one line of JSON, to a text that ends in a newline. Times are local. */
export function createRecordFormat({ colour }: FormatOptions): (line: string) => string {
  const format = prettyFactory({
    colorize: colour,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,name,id,source',
    // The coordinator's tag says who wrote a record; before it is tagged, the logger's name does.
    messageFormat: (record, messageKey) => `${textOf(record['source'] ?? record['name'])}: ${textOf(record[messageKey])}`,
  });
  return (line) => {
    try {
      const record = JSON.parse(line, escapeStrings) as Record<string, unknown>;
      // Said already: the worker is the one that writes.
      if (record['worker'] === record['source']) delete record['worker'];
      return format(record);
    } catch {
      return `${escapeControls(line.trimEnd())}\n`;
    }
  };
}
