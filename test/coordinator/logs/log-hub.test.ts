import test, { type ExecutionContext } from 'ava';
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogHub, type LogHub, type LogHubOptions } from '../../../coordinator/logs/log-hub.js';
import { fileNameOf } from '../../../coordinator/logs/log-files.js';
import type { LogQuery } from '../../../coordinator/logs/log-query.js';
import { createLog } from '../../../shared/log/create-log.js';

interface Line {
  readonly id: number;
  readonly source: string;
  readonly worker?: string;
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

function makeFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'pretext-logs-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'logs');
}

function openHub(folder: string, options: Partial<LogHubOptions> = {}): LogHub {
  return createLogHub({ folder, ...options });
}

const record = (msg: string, level = 30): string => JSON.stringify({ level, time: 1000, msg });

function read(hub: LogHub, query: LogQuery = {}): Line[] {
  const lines: Line[] = [];
  hub.subscribe(query, ({ line }) => lines.push(JSON.parse(line) as Line))();
  return lines;
}

const messages = (lines: readonly Line[]): string[] => lines.map(({ msg }) => msg);

test('records of all sources get one sequence of numbers and a file each', (t) => {
  const folder = makeFolder(t);
  const hub = openHub(folder);
  const log = createLog({ name: 'coordinator', stream: null, sinks: [hub.sink] });
  log.info('a');
  hub.receive('w1', [record('b'), record('c')], 0);
  log.info({ worker: 'w1' }, 'd');
  t.deepEqual(read(hub).map(({ id, source, worker, msg }) => [id, source, worker, msg]), [
    [1, 'coordinator', undefined, 'a'],
    [2, 'w1', 'w1', 'b'],
    [3, 'w1', 'w1', 'c'],
    [4, 'coordinator', 'w1', 'd'],
  ]);
  t.deepEqual(readdirSync(folder).sort(), ['coordinator.ndjson', 'worker-w1.ndjson']);
  t.is(readFileSync(join(folder, 'worker-w1.ndjson'), 'utf8').trimEnd().split('\n').length, 2);
});

test('readers ask for a worker, a level, and what comes after a number', (t) => {
  const hub = openHub(makeFolder(t));
  hub.receive('w1', [record('one'), record('two', 40)], 0);
  hub.receive('w2', [record('three', 50)], 0);
  hub.sink.write(`${JSON.stringify({ level: 40, time: 1, msg: 'about w1', worker: 'w1' })}\n`);
  t.deepEqual(messages(read(hub, { worker: 'w1' })), ['one', 'two', 'about w1']);
  t.deepEqual(messages(read(hub, { level: 'warn' })), ['two', 'three', 'about w1']);
  t.deepEqual(messages(read(hub, { worker: 'coordinator' })), ['about w1']);
  t.deepEqual(messages(read(hub, { since: 2, level: 'error' })), ['three']);
});

test('a subscriber gets what was, then what comes, until it leaves', (t) => {
  const hub = openHub(makeFolder(t));
  const seen: number[] = [];
  hub.receive('w1', [record('1')], 0);
  const leave = hub.subscribe({}, ({ id }) => seen.push(id));
  hub.receive('w1', [record('2')], 0);
  leave();
  hub.receive('w1', [record('3')], 0);
  t.deepEqual(seen, [1, 2]);
});

test('what a worker sends can be neither another record nor another file', (t) => {
  const folder = makeFolder(t);
  const hub = openHub(folder);
  hub.receive('../../evil', ['not JSON', '[1]', '{"id":99,"source":"coordinator","worker":"w7","level":"x","time":null,"__proto__":{"a":1}}'], 0);
  hub.receive('coordinator', [record('I am not')], 0);
  const lines = read(hub);
  t.deepEqual(lines.map(({ id, source, worker, level }) => [id, source, worker, level]), [
    [1, '../../evil', '../../evil', 30],
    [2, '../../evil', '../../evil', 30],
    [3, '../../evil', '../../evil', 30],
    [4, 'worker-coordinator', 'worker-coordinator', 30],
  ]);
  t.is(lines[0]!.msg, 'not JSON');
  t.true(readdirSync(folder).every((file) => /^worker-[\w-]+\.ndjson$/.test(file)));
  t.is(readdirSync(folder).length, 2);
  t.not(fileNameOf('a/b'), fileNameOf('a_b'));
  t.true(fileNameOf('x'.repeat(10_000)).length < 100);
});

test('a record without an end is cut', (t) => {
  const hub = openHub(makeFolder(t));
  hub.receive('w1', [record('m'.repeat(100_000))], 0);
  const { line } = { line: JSON.stringify(read(hub)[0]) };
  t.true(line.length < 3000);
});

test('records that a worker had to drop are told of once', (t) => {
  const hub = openHub(makeFolder(t));
  hub.receive('w1', [record('a')], 0);
  hub.receive('w1', [record('b')], 5);
  hub.receive('w1', [record('c')], 5);
  hub.receive('w1', [], 7);
  t.deepEqual(read(hub).map((line) => line['dropped'] ?? line.msg), ['a', 5, 'b', 'c', 2]);
  // A worker that starts anew counts from the beginning.
  hub.receive('w1', [], 0);
  hub.receive('w1', [], 3);
  t.is(read(hub).at(-1)!['dropped'], 3);
});

test('numbers go on after a restart, and what was before it can still be read', (t) => {
  const folder = makeFolder(t);
  const before = openHub(folder);
  before.sink.write(`${record('a')}\n`);
  before.receive('w1', [record('b'), record('c')], 0);
  const after = openHub(folder);
  after.receive('w2', [record('d')], 0);
  t.deepEqual(read(after).map(({ id, msg }) => [id, msg]), [[1, 'a'], [2, 'b'], [3, 'c'], [4, 'd']]);
});

test('a line that a crash cut off is left behind, and the next stands by itself', (t) => {
  const folder = makeFolder(t);
  openHub(folder).receive('w1', [record('a')], 0);
  appendFileSync(join(folder, 'worker-w1.ndjson'), '{"id":2,"source":"w1","lev');
  openHub(folder).receive('w1', [record('b')], 0);
  t.deepEqual(read(openHub(folder)).map(({ id, msg }) => [id, msg]), [[1, 'a'], [2, 'b']]);
});

test('a file that grows too long is turned over once, and numbers survive it', (t) => {
  const folder = makeFolder(t);
  const hub = openHub(folder, { maxFileBytes: 1000 });
  for (let i = 1; i <= 60; i++) hub.receive('w1', [record(`r${i}`)], 0);
  t.deepEqual(readdirSync(folder).sort(), ['worker-w1.1.ndjson', 'worker-w1.ndjson']);
  for (const file of readdirSync(folder)) t.true(readFileSync(join(folder, file)).length <= 1000);
  const after = openHub(folder, { maxFileBytes: 1000 });
  after.receive('w1', [record('next')], 0);
  const ids = read(after).map(({ id }) => id);
  t.is(ids.at(-1), 61);
  t.deepEqual(ids, ids.map((_, i) => ids[0]! + i));
});

test('memory holds only the newest records', (t) => {
  const byCount = openHub(makeFolder(t), { maxRecords: 10 });
  for (let i = 1; i <= 100; i++) byCount.receive('w1', [record(`r${i}`)], 0);
  t.deepEqual(read(byCount).map(({ id }) => id), [91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
  const byChars = openHub(makeFolder(t), { maxChars: 1000 });
  for (let i = 1; i <= 100; i++) byChars.receive('w1', [record('x'.repeat(200))], 0);
  t.true(read(byChars).length <= 5);
});

test('a restart on long files reads their ends, and claims no record that it has not read', (t) => {
  const folder = makeFolder(t);
  const hub = openHub(folder);
  for (let i = 1; i <= 50; i++) {
    hub.receive('w1', [record(`long ${'x'.repeat(500)}`)], 0);
    hub.receive('w2', [record('short')], 0);
  }
  const ids = read(openHub(folder, { maxChars: 3000 })).map(({ id }) => id);
  t.is(ids.at(-1), 100);
  t.true(ids.length > 0 && ids.length < 20);
  t.deepEqual(ids, ids.map((_, i) => ids[0]! + i));
});

test('a disk that takes nothing is reported once and stops no one', (t) => {
  const folder = makeFolder(t);
  const problems: string[] = [];
  const hub = openHub(folder, { onDiskProblem: (problem) => problems.push(problem) });
  // A folder in the file's place fails for root as well, unlike permissions.
  rmSync(folder, { recursive: true });
  writeFileSync(folder, '');
  hub.receive('w1', [record('a')], 0);
  hub.receive('w1', [record('b')], 0);
  t.is(problems.length, 1);
  t.deepEqual(messages(read(hub)), ['a', 'b']);
});

test('files of workers that left long ago make room for new ones, and the coordinator keeps its own', (t) => {
  const folder = makeFolder(t);
  const maxTotalBytes = 20_000;
  const hub = openHub(folder, { maxTotalBytes });
  hub.sink.write(record('x'.repeat(2400)));
  hub.sink.write(record('begins'));
  for (const file of ['coordinator.1.ndjson', 'coordinator.ndjson']) utimesSync(join(folder, file), 0, 0);
  for (let worker = 1; worker <= 100; worker++) {
    hub.receive(`w${worker}`, [record('x'.repeat(800))], 0);
    // File systems may tell times apart by milliseconds alone.
    utimesSync(join(folder, `worker-w${worker}.ndjson`), worker, worker);
    const total = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    t.true(total <= maxTotalBytes, `${total} bytes after ${worker} workers`);
  }
  const files = readdirSync(folder);
  t.true(files.includes('coordinator.1.ndjson') && files.includes('coordinator.ndjson') && files.includes('worker-w100.ndjson') && files.includes('worker-w90.ndjson'));
  t.false(files.includes('worker-w70.ndjson'));
});
