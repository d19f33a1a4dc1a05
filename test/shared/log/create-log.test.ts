import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import { PassThrough } from 'node:stream';
import { createLog } from '../../../shared/log/create-log.js';
import { createRecordFormat } from '../../../shared/log/format-record.js';

function collect(isTTY: boolean): { stream: PassThrough & { isTTY?: boolean }; text: () => string } {
  const stream: PassThrough & { isTTY?: boolean } = new PassThrough();
  stream.isTTY = isTTY;
  return { stream, text: () => String(stream.read() ?? '') };
}

test('a pipe gets one JSON object a line', (t) => {
  const { stream, text } = collect(false);
  const log = createLog({ name: 'w1', stream });
  log.info({ step: 3 }, 'step done');
  log.debug('not shown');
  const lines = text().trimEnd().split('\n');
  t.is(lines.length, 1);
  t.like(JSON.parse(lines[0]!), { level: 30, name: 'w1', step: 3, msg: 'step done' });
});

test('a terminal gets a line to read', (t) => {
  const { stream, text } = collect(true);
  createLog({ name: 'w1', stream }).warn({ step: 3 }, 'late');
  const line = stripVTControlCharacters(text());
  t.regex(line, /^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: w1: late \{"step":3\}\n$/);
});

test('sinks get records that the stream is too coarse for', (t) => {
  const lines: string[] = [];
  const { stream, text } = collect(false);
  const log = createLog({ name: 'c', level: 'error', stream, sinks: [{ write: (line) => void lines.push(line) }] });
  log.trace('no one');
  log.debug('sink');
  log.error('both');
  t.deepEqual(lines.map((line) => (JSON.parse(line) as { msg: string }).msg), ['sink', 'both']);
  t.is(text().trimEnd().split('\n').length, 1);
});

test('a log whose reader has gone does no harm', async (t) => {
  const { stream } = collect(false);
  const log = createLog({ name: 'c', stream });
  stream.destroy(new Error('EPIPE'));
  await new Promise((resolve) => setImmediate(resolve));
  t.notThrows(() => log.error('nobody reads this'));
});

test('what a record says cannot drive the terminal', (t) => {
  const format = createRecordFormat({ colour: false });
  const line = format(JSON.stringify({ level: 30, time: 0, source: 'w\u001b[2J', msg: 'a\u001b]0;title\u0007\nb\u009b', x: '\u001b[31m' }));
  t.notRegex(line.slice(0, -1), /\p{Cc}/u);
  t.is(format('not \u001b JSON\n'), 'not \\u001b JSON\n');
});

test('an error is shown with its stack on lines of its own', (t) => {
  const format = createRecordFormat({ colour: false });
  t.regex(format(JSON.stringify({ level: 50, time: 0, msg: 'bad', err: { type: 'Error', message: 'm', stack: 'Error: m\n    at x\u0007' } })), /Error: m\n +at x\\u0007\n/);
});
