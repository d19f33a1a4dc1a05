// A worker that says what a test tells it to say: messages of every type, at every moment, with every number.

import { Packr } from 'msgpackr';
import type { WebSocket } from 'ws';
import { createChannel } from '../../shared/protocol/channel.js';
import { fromCoordinatorSchema, type FromCoordinator, type Message } from '../../shared/protocol/messages.js';
import { connect } from '../../worker/client/connect.js';
import { VERSION } from '../../shared/version.js';
import { CHUNK_BYTES, LAYOUT, LENGTH } from './fake-site.js';

const packr = new Packr({ useRecords: false });

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

export class CrookedWorker {
  readonly socket: WebSocket;
  readonly closed: Promise<Closing>;
  /** All that it was told. */
  readonly heard: FromCoordinator[] = [];
  isClosed = false;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      createChannel<FromCoordinator, never>(socket, {
        schema: fromCoordinatorSchema,
        chunkBytes: () => CHUNK_BYTES,
        onMessage: (message) => void this.heard.push(message),
        onClose: (code, reason) => {
          this.isClosed = true;
          resolve({ code, reason });
        },
      });
    });
  }

  /** Sends anything; with numbers as a second fragment. */
  say(message: unknown, numbers?: Float32Array): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.socket.send(packr.pack(message), { binary: true, fin: numbers === undefined });
    if (numbers) this.socket.send(Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength), { binary: true, fin: true });
  }

  /** The first message of a type that it was told from the n-th message on. */
  async hear<Type extends FromCoordinator['type']>(type: Type, from = 0): Promise<Message<Type>> {
    for (let i = 0; i < 2000 && !this.isClosed; i++) {
      const found = this.heard.slice(from).find((message) => message.type === type);
      if (found) return found as Message<Type>;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error(`it was never told "${type}"`);
  }

  hello(name: string, version = VERSION): void {
    this.say({ type: 'hello', protocol: 1, version, name, backend: 'fake', host: 'test', pid: 1 });
  }

  /** Sends a sum of numbers in chunks as they belong. */
  sum(step: number, [level, index]: readonly [number, number], value: number): void {
    const length = CHUNK_BYTES / 4;
    for (let offset = 0; offset < LENGTH; offset += length) {
      this.say({ type: 'partial', step, level, index, offset, total: LENGTH }, new Float32Array(Math.min(length, LENGTH - offset)).fill(value));
    }
  }
}

export interface Leased extends CrookedWorker {
  readonly lease: Message<'lease'>;
}

/** Connected, with nothing said. */
export async function comeSilent(url: string): Promise<CrookedWorker> {
  return new CrookedWorker(await connect({ url: new URL(url) }));
}

/** Greeted. */
export async function comeGreeted(url: string, name: string): Promise<CrookedWorker> {
  const worker = await comeSilent(url);
  worker.hello(name);
  await worker.hear('welcome');
  return worker;
}

/** In step, with a lease of the step in progress or a later one. It has no state, and says that it has. */
export async function comeActive(url: string, name: string): Promise<Leased> {
  const worker = await comeGreeted(url, name);
  worker.say({ type: 'ready', layout: LAYOUT });
  const { step } = await worker.hear('begin');
  worker.say({ type: 'synced', step });
  return Object.assign(worker, { lease: await worker.hear('lease') });
}

/** Counts that a worker would send of a microbatch of two samples. */
export function countsOf({ step, microbatches: [first] }: Message<'lease'>): Record<string, unknown> {
  return { type: 'computed', step, microbatch: first!.index, weights: { samples: 2, main: 2 }, terms: { loss: { sum: 1, weight: 2 } }, metrics: {}, unusable: [], ms: 1 };
}
