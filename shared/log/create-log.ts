// The one way to make a logger. Records go to stderr, so that stdout is left for results: readable on a terminal, NDJSON on
// a pipe; and to whatever else is given, always as NDJSON.

import type { Writable } from 'node:stream';
import { pino, multistream, type Logger } from 'pino';
import { createRecordFormat } from './format-record.js';
import { LEVELS, type LevelName } from './levels.js';

/** Takes records as lines of JSON, one a call, each with its newline. */
export interface LogSink {
  write(line: string): void;
}

export interface LogOptions {
  /** Who writes: `coordinator`, or a worker's id. */
  readonly name: string;
  /** Records below it are not shown on `stream`. Default `info`. */
  readonly level?: LevelName;
  /** Where people or pipes read. Default stderr; null for nowhere. */
  readonly stream?: (Writable & { readonly isTTY?: boolean }) | null;
  /** Also get every record from `sinkLevel` (default `debug`) up: the coordinator's hub, a worker's shipper. */
  readonly sinks?: readonly LogSink[];
  readonly sinkLevel?: LevelName;
}

/** Losing the reader of a log (a closed terminal, `| head`) must not stop a run. */
function ignoreErrors(stream: Writable): void {
  if (stream.listenerCount('error') === 0) stream.on('error', () => undefined);
}

function createStreamSink(stream: Writable & { readonly isTTY?: boolean }): LogSink {
  ignoreErrors(stream);
  if (stream.isTTY !== true) return { write: (line) => void stream.write(line) };
  const format = createRecordFormat({ colour: (process.env['NO_COLOR'] ?? '') === '' });
  return { write: (line) => void stream.write(format(line)) };
}

/** Makes a pino logger. Each record has reached every sink, and the stream's buffer, when the call that logs it returns. */
export function createLog(options: LogOptions): Logger {
  const { name, level = 'info', stream = process.stderr, sinks = [], sinkLevel = 'debug' } = options;
  const outputs = sinks.map((sink) => ({ level: sinkLevel, stream: sink }));
  if (stream !== null) outputs.push({ level, stream: createStreamSink(stream) });
  const lowest = sinks.length > 0 && LEVELS[sinkLevel] < LEVELS[level] ? sinkLevel : level;
  return pino({ name, level: lowest }, multistream(outputs));
}
