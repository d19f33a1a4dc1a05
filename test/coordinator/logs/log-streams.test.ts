import test, { type ExecutionContext } from 'ava';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogHub, type LogHub, type LogHubOptions } from '../../../coordinator/logs/log-hub.js';

interface Site {
  readonly hub: LogHub;
  readonly url: string;
  readonly server: Server;
}

async function serve(t: ExecutionContext, options: Partial<LogHubOptions> = {}): Promise<Site> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'pretext-logs-'));
  const hub = createLogHub({ ...options, folder });
  const server = createServer((request, response) => hub.handleLogs(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { hub, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const record = (msg: string, level = 30): string => JSON.stringify({ level, time: 1000, msg });

interface Line {
  readonly id: number;
  readonly msg?: string;
  readonly skipped?: number;
  readonly end?: boolean;
}

const parse = (text: string): Line[] => text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Line);

/** Reads a stream until its text satisfies `isEnough`; leaves it open. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, isEnough: (text: string) => boolean): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  while (!isEnough(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  return text;
}

async function follow(t: ExecutionContext, url: string, headers: Record<string, string> = {}): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const abort = new AbortController();
  t.teardown(() => abort.abort());
  const response = await fetch(url, { headers, signal: abort.signal });
  t.is(response.status, 200);
  return response.body!.getReader();
}

test('GET /logs gives what there is and ends', async (t) => {
  const { hub, url } = await serve(t);
  hub.receive('w1', [record('a'), record('b', 40)], 0);
  hub.receive('w2', [record('c', 50)], 0);
  const response = await fetch(`${url}/logs?level=warn&worker=w1`);
  t.is(response.headers.get('content-type'), 'application/x-ndjson; charset=utf-8');
  t.deepEqual(parse(await response.text()).map(({ id, msg }) => [id, msg]), [[2, 'b']]);
  t.deepEqual(parse(await (await fetch(`${url}/logs?since=2`)).text()).map(({ id }) => id), [3]);
  t.is(await (await fetch(`${url}/logs?since=3`)).text(), '');
});

test('a follower gets what there is, then what comes, then the end of the run', async (t) => {
  const { hub, url } = await serve(t);
  hub.receive('w1', [record('a')], 0);
  const reader = await follow(t, `${url}/logs?follow=1`);
  t.deepEqual(parse(await readUntil(reader, (text) => text.includes('\n'))).map(({ msg }) => msg), ['a']);
  hub.receive('w1', [record('b')], 0);
  t.deepEqual(parse(await readUntil(reader, (text) => text.includes('\n'))).map(({ msg }) => msg), ['b']);
  await hub.finish();
  t.deepEqual(parse(await readUntil(reader, () => false)), [{ end: true } as unknown as Line]);
});

test('a query that makes no sense is refused with the reason', async (t) => {
  const { url } = await serve(t);
  for (const query of ['level=loud', 'since=-1', 'since=x', 'follow=maybe', 'wroker=w1']) {
    const response = await fetch(`${url}/logs?${query}`);
    t.is(response.status, 400, query);
    t.true((await response.text()).includes(query.split('=')[0]!), query);
  }
});

test('a browser gets events with ids and resumes after the last one', async (t) => {
  const { hub, url } = await serve(t);
  hub.receive('w1', [record('a'), record('b'), record('c')], 0);
  const reader = await follow(t, `${url}/logs?follow=1`, { accept: 'text/event-stream', 'last-event-id': '2' });
  const text = await readUntil(reader, (seen) => seen.includes('\n\n'));
  const [id, data] = text.split('\n');
  t.is(id, 'id: 3');
  t.like(JSON.parse(data!.replace('data: ', '')), { id: 3, msg: 'c' });
  const ending = hub.finish();
  t.true((await readUntil(reader, () => false)).includes('event: end\n'));
  await ending;
});

test('a follower hears that the coordinator is alive when there is nothing to tell', async (t) => {
  const { url } = await serve(t, { keepAliveMs: 10 });
  const reader = await follow(t, `${url}/logs?follow=1`);
  t.regex(await readUntil(reader, (text) => text.length >= 3), /^\n+$/);
});

test('a reader that comes back late is told how many records it missed', async (t) => {
  const { hub, url } = await serve(t, { maxRecords: 5 });
  for (let i = 1; i <= 20; i++) hub.receive('w1', [record(`r${i}`)], 0);
  const lines = parse(await (await fetch(`${url}/logs?since=3`)).text());
  t.deepEqual(lines.map(({ id, skipped }) => [id, skipped]), [[15, 12], [16, undefined], [17, undefined], [18, undefined], [19, undefined], [20, undefined]]);
});

test('a reader with a number of another run gets everything rather than nothing', async (t) => {
  const { hub, url } = await serve(t);
  hub.receive('w1', [record('a'), record('b')], 0);
  t.deepEqual(parse(await (await fetch(`${url}/logs?since=500`)).text()).map(({ id }) => id), [1, 2]);
});

test('a reader that does not read costs no memory and catches up with a count', async (t) => {
  const { hub, url, server } = await serve(t, { maxRecords: 50 });
  const sockets = new Set<{ writableLength: number }>();
  server.on('connection', (socket) => sockets.add(socket));
  const response = await new Promise<IncomingMessage>((resolve) => get(`${url}/logs?follow=1`, resolve));
  t.teardown(() => response.destroy());
  response.pause();
  const numRecords = 2000;
  const long = 'x'.repeat(8000);
  for (let i = 1; i <= numRecords; i++) {
    hub.receive('w1', [record(long)], 0);
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  // 16 MB were logged; what waits for this reader in the process is a buffer's worth.
  for (const socket of sockets) t.true(socket.writableLength < 1_000_000, `${socket.writableLength} bytes wait`);
  let text = '';
  response.setEncoding('utf8');
  await new Promise<void>((resolve) => {
    response.on('data', (chunk: string) => {
      text += chunk;
      if (chunk.endsWith('\n') && text.slice(-10_000).includes(`"id":${numRecords},`)) resolve();
    });
    response.resume();
  });
  const lines = parse(text);
  const skipped = lines.reduce((sum, line) => sum + (line.skipped ?? 0), 0);
  const read = lines.filter((line) => line.skipped === undefined);
  t.true(skipped > 0);
  t.is(read.length + skipped, numRecords);
  t.is(new Set(read.map(({ id }) => id)).size, read.length);
});

test('followers that leave are forgotten, and too many at once are refused', async (t) => {
  const { url } = await serve(t);
  const open = (): Promise<IncomingMessage> => new Promise((resolve) => get(`${url}/logs?follow=1`, resolve));
  const responses = await Promise.all(Array.from({ length: 100 }, open));
  t.true(responses.every(({ statusCode }) => statusCode === 200));
  t.is((await fetch(`${url}/logs?follow=1`)).status, 503);
  for (const response of responses) response.destroy();
  let status = 503;
  for (let i = 0; i < 100 && status === 503; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const abort = new AbortController();
    status = (await fetch(`${url}/logs?follow=1`, { signal: abort.signal })).status;
    abort.abort();
  }
  t.is(status, 200);
});

const timed = (msg: string, time: number): string => JSON.stringify({ level: 30, time, msg });

test('a reader that asks for a time gets what was written in it, from files where memory has it no longer', async (t) => {
  const { hub, url } = await serve(t, { maxRecords: 5 });
  for (let i = 1; i <= 20; i++) hub.receive('w1', [timed(`r${i}`, 1000 * i)], 0);
  const idsOf = async (query: string): Promise<number[]> => parse(await (await fetch(`${url}/logs?${query}`)).text()).map(({ id }) => id);
  t.deepEqual(await idsOf('from=18000'), [18, 19, 20]);
  t.deepEqual(await idsOf('from=17000&to=19000'), [17, 18]);
  t.deepEqual(await idsOf('from=8000'), Array.from({ length: 13 }, (_, i) => i + 8));
  t.deepEqual(await idsOf('from=3000&to=5000'), [3, 4]);
  t.deepEqual(await idsOf('to=4000'), [1, 2, 3]);
  t.deepEqual(await idsOf('from=0'), Array.from({ length: 20 }, (_, i) => i + 1));
  // Whoever lost the connection in the older part.
  t.deepEqual(await idsOf('from=8000&since=10'), Array.from({ length: 10 }, (_, i) => i + 11));
  t.deepEqual(await idsOf('from=8000&since=500'), Array.from({ length: 13 }, (_, i) => i + 8));
  t.is((await fetch(`${url}/logs?from=yesterday`)).status, 400);

  const reader = await follow(t, `${url}/logs?follow=1&from=14000`);
  await readUntil(reader, (text) => text.includes('"r20"'));
  hub.receive('w1', [timed('r21', 21_000)], 0);
  t.deepEqual(parse(await readUntil(reader, (text) => text.includes('"r21"'))).map(({ msg }) => msg), ['r21']);
});

test('a reader is told of older records that the disk does not give', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pretext-logs-'));
  const { hub, url } = await serve(t, { folder, maxRecords: 5 });
  for (let i = 1; i <= 20; i++) hub.receive('w1', [timed(`r${i}`, 1000 * i)], 0);
  rmSync(join(folder, 'worker-w1.ndjson'));
  mkdirSync(join(folder, 'worker-w1.ndjson'));
  const lines = parse(await (await fetch(`${url}/logs?from=3000`)).text());
  t.deepEqual(lines.map(({ id, skipped }) => [id, skipped]), [[15, 15], ...[16, 17, 18, 19, 20].map((id) => [id, undefined])]);
  t.regex(lines[0]!.msg!, /cannot be read/);
});

test('whoever follows a run that is over gets all of it, and its end', async (t) => {
  const { hub, url } = await serve(t);
  hub.receive('w1', [record('a')], 0);
  await hub.finish();
  hub.receive('w1', [record('b')], 0);
  t.deepEqual(parse(await (await fetch(`${url}/logs?follow=1`)).text()).map(({ msg, end }) => msg ?? end), ['a', 'b', true]);
});
