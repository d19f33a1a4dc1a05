// One connection: validated messages in, messages out. A small message waits for one chunk of bulk data at most.
// Leaves out: who connects to whom, and what the messages mean.

import { Packr } from 'msgpackr';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import { messageOf } from '../errors/pretext-error.js';
import { CLOSE } from './close-codes.js';
import { cutReason } from './close-reason.js';
import { BULK_TYPES } from './messages.js';

/** Room in a message for its header, beside a chunk. */
export const HEADER_LIMIT_BYTES = 4 * 1024 * 1024;

const packr = new Packr({ useRecords: false });

export interface Channel<Outgoing> {
  /** Sends a small message at once. */
  send(message: Outgoing): void;
  /**
   * Sends fp32 data in chunks, one after another, after the bulk data queued before. Values are read when their chunk is sent:
   * leave them alone until the promise settles. Resolves when the last chunk is handed to the system, or when the connection is gone.
   */
  sendBulk(messageAt: (offset: number, total: number) => Outgoing, values: Float32Array, range?: BulkRange): Promise<void>;
  /** Resolves when all bulk data queued so far are handed to the system. */
  flushed(): Promise<void>;
  ping(): void;
  close(code: number, reason: string): void;
  /** Ends the connection without the closing handshake. */
  terminate(): void;
  readonly isOpen: boolean;
}

export interface BulkRange {
  readonly offset: number;
  readonly length: number;
}

export interface ChannelOptions<Incoming> {
  readonly schema: z.ZodType<Incoming>;
  readonly chunkBytes: () => number;
  /** What it throws is the sender's fault. */
  onMessage(message: Incoming, payload: Float32Array): void;
  onClose(code: number, reason: string): void;
  /** What came is no message, or cannot be used. Default: the connection is closed with CLOSE.badMessage. */
  onInvalid?(reason: string): void;
  /** Called for anything heard, pings included. */
  onAlive?(): void;
  /** Called for every ping and pong. What it throws is the sender's fault. */
  onControl?(): void;
}

/** Elements of each chunk but the last. */
export const chunkLengthOf = (chunkBytes: number): number => Math.max(1, Math.floor(chunkBytes / 4));

const NO_PAYLOAD = new Float32Array(0);

/** A view where alignment allows it, a copy where not. */
function toFloats(bytes: Buffer): Float32Array {
  if (bytes.length % 4 !== 0) throw new Error(`a payload of ${bytes.length} bytes is no whole number of floats`);
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, bytes.length / 4);
}

function toBytes(values: Float32Array, start: number, end: number): Buffer {
  return Buffer.from(values.buffer, values.byteOffset + start * 4, (end - start) * 4);
}

function parse<Incoming>(schema: z.ZodType<Incoming>, fragments: readonly Buffer[]): { message: Incoming; payload: Float32Array } {
  const [header, body, ...rest] = fragments;
  if (!header || rest.length > 0) throw new Error(`${fragments.length} fragments, expected 1 or 2`);
  if (header.length > HEADER_LIMIT_BYTES) throw new Error(`a header of ${header.length} bytes`);
  const result = schema.safeParse(packr.unpack(header));
  if (!result.success) throw new Error(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  const { type } = result.data as { type: string };
  if (BULK_TYPES.has(type) !== (body !== undefined)) throw new Error(`"${type}" came ${body ? 'with' : 'without'} a payload`);
  return { message: result.data, payload: body ? toFloats(body) : NO_PAYLOAD };
}

/** Wraps an open WebSocket. Nothing that comes after it was closed from here counts. */
export function createChannel<Incoming, Outgoing>(socket: WebSocket, options: ChannelOptions<Incoming>): Channel<Outgoing> {
  socket.binaryType = 'fragments';
  let bulk: Promise<void> = Promise.resolve();
  const isOpen = (): boolean => socket.readyState === socket.OPEN;
  const close = (code: number, reason: string): void => socket.close(code, cutReason(reason));
  const onInvalid = options.onInvalid?.bind(options) ?? ((reason) => close(CLOSE.badMessage, reason));

  socket.on('message', (data) => receive(() => {
    const { message, payload } = parse(options.schema, data as Buffer[]);
    options.onMessage(message, payload);
  }));
  for (const type of ['ping', 'pong'] as const) socket.on(type, () => receive(() => options.onControl?.()));
  socket.on('error', () => socket.terminate());
  socket.on('close', (code, reason) => options.onClose(code, reason.toString()));

  function receive(handle: () => void): void {
    if (!isOpen()) return;
    options.onAlive?.();
    try {
      handle();
    } catch (error) {
      onInvalid(messageOf(error));
    }
  }

  function sendChunk(message: Outgoing, payload: Buffer): Promise<void> {
    return new Promise((resolve) => {
      socket.send(packr.pack(message), { binary: true, fin: false });
      // A lost connection is reported by `onClose`; the sender only needs to stop waiting.
      socket.send(payload, { binary: true, fin: true }, () => resolve());
    });
  }

  async function sendAll(messageAt: (offset: number, total: number) => Outgoing, values: Float32Array, range: BulkRange): Promise<void> {
    const end = range.offset + range.length;
    const step = chunkLengthOf(options.chunkBytes());
    for (let offset = range.offset; offset < end && isOpen(); offset += step) {
      await sendChunk(messageAt(offset, values.length), toBytes(values, offset, Math.min(offset + step, end)));
    }
  }

  return {
    send(message) {
      if (isOpen()) socket.send(packr.pack(message), { binary: true, fin: true });
    },
    sendBulk(messageAt, values, range = { offset: 0, length: values.length }) {
      bulk = bulk.then(() => sendAll(messageAt, values, range));
      return bulk;
    },
    flushed: () => bulk,
    ping() {
      if (isOpen()) socket.ping();
    },
    close,
    terminate: () => socket.terminate(),
    get isOpen() {
      return isOpen();
    },
  };
}
