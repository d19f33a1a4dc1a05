// Two ends of a real WebSocket.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Packr } from 'msgpackr';
import test, { type ExecutionContext } from 'ava';
import { WebSocket, WebSocketServer } from 'ws';
import { createChannel, type Channel } from '../../../shared/protocol/channel.js';
import { CLOSE } from '../../../shared/protocol/close-codes.js';
import { fromWorkerSchema, type FromWorker } from '../../../shared/protocol/messages.js';

const CHUNK_BYTES = 4096;

interface Pair {
  readonly client: Channel<FromWorker>;
  readonly raw: WebSocket;
  readonly received: { message: FromWorker; payload: Float32Array }[];
  readonly closed: Promise<{ code: number; reason: string }>;
}

async function openPair(t: ExecutionContext): Promise<Pair> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, maxPayload: 1_000_000 });
  t.teardown(() => { for (const each of server.clients) each.terminate(); server.close(); });
  await once(server, 'listening');
  const raw = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const received: Pair['received'] = [];
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    server.once('connection', (socket) => createChannel(socket, {
      schema: fromWorkerSchema, chunkBytes: () => CHUNK_BYTES,
      onMessage: (message, payload) => received.push({ message, payload }),
      onClose: () => {},
    }));
    raw.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await once(raw, 'open');
  const client = createChannel<never, FromWorker>(raw, { schema: fromWorkerSchema as never, chunkBytes: () => CHUNK_BYTES, onMessage: () => {}, onClose: () => {} });
  return { client, raw, received, closed };
}

async function untilCount(received: readonly unknown[], count: number): Promise<void> {
  while (received.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

const partial = (offset: number, total: number): FromWorker => ({ type: 'partial', step: 1, level: 0, index: 0, offset, total });

test('bulk data come in chunks, in order, bit for bit', async (t) => {
  const { client, received } = await openPair(t);
  const values = Float32Array.from({ length: 2500 }, (_, i) => Math.fround(Math.sin(i) * 1e3));
  values[7] = NaN;
  await client.sendBulk(partial, values);
  await untilCount(received, 3);
  t.deepEqual(received.map(({ payload }) => payload.length), [1024, 1024, 452]);
  const whole = new Float32Array(2500);
  for (const { message, payload } of received) if (message.type === 'partial') whole.set(payload, message.offset);
  t.deepEqual(Buffer.from(whole.buffer), Buffer.from(values.buffer));
});

test('a small message overtakes bulk data that are still to be sent', async (t) => {
  const { client, received } = await openPair(t);
  const sent = client.sendBulk(partial, new Float32Array(100_000));
  client.send({ type: 'leaving', reason: 'test' });
  await sent;
  await untilCount(received, 99);
  t.true(received.findIndex(({ message }) => message.type === 'leaving') <= 1);
});

const packr = new Packr({ useRecords: false });
const BAD: Record<string, (socket: WebSocket) => void> = {
  'no msgpack at all': (socket) => socket.send(Buffer.from([0xc1, 0xff])),
  'an unknown type': (socket) => socket.send(packr.pack({ type: 'shutdown' })),
  'a number where text belongs': (socket) => socket.send(packr.pack({ type: 'leaving', reason: 5 })),
  'a number out of range': (socket) => socket.send(packr.pack({ type: 'synced', step: -1 })),
  'a bulk message without its payload': (socket) => socket.send(packr.pack(partial(0, 4))),
  'a payload that does not belong': (socket) => {
    socket.send(packr.pack({ type: 'leaving', reason: 'x' }), { fin: false });
    socket.send(Buffer.alloc(8), { fin: true });
  },
  'a payload of half floats': (socket) => {
    socket.send(packr.pack(partial(0, 4)), { fin: false });
    socket.send(Buffer.alloc(7), { fin: true });
  },
  'text': (socket) => socket.send('{"type":"leaving","reason":"x"}'),
};

for (const [what, send] of Object.entries(BAD)) {
  test(`${what} closes the connection and goes no further`, async (t) => {
    const { raw, received, closed } = await openPair(t);
    send(raw);
    t.is((await closed).code, CLOSE.badMessage);
    t.deepEqual(received, []);
  });
}

test('a message beyond the limit closes the connection', async (t) => {
  const { raw, received, closed } = await openPair(t);
  raw.send(Buffer.alloc(2_000_000));
  t.is((await closed).code, 1009);
  t.deepEqual(received, []);
});

test('a reason that is too long in bytes is cut between two characters, and closes the connection as a short one does', async (t) => {
  const { raw, received, closed } = await openPair(t);
  raw.send(packr.pack({ type: 'computed', step: 1, microbatch: 0, weights: { ['😀'.repeat(90)]: 'x' }, terms: {}, metrics: {}, unusable: [], ms: 1 }));
  const { code, reason } = await closed;
  t.is(code, CLOSE.badMessage);
  t.true(Buffer.byteLength(reason) > 100 && Buffer.byteLength(reason) <= 123);
  t.false(reason.includes('\ufffd'));
  t.deepEqual(received, []);
});

test('what comes after a message that was refused does not count', async (t) => {
  const { raw, received, closed } = await openPair(t);
  raw.send(packr.pack({ type: 'shutdown' }));
  for (let i = 0; i < 5; i++) raw.send(packr.pack({ type: 'leaving', reason: 'x' }));
  await closed;
  t.deepEqual(received, []);
});
