// The door of a stage: one worker's connection from its first message to its last. Whoever sends what it may not send is put out, which
// costs it alone: others get its work, and nothing of it counts but what is in the sum already. Leaves out what messages mean.

import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { messageOf } from '../shared/errors/pretext-error.js';
import { createChannel } from '../shared/protocol/channel.js';
import { CLOSE } from '../shared/protocol/close-codes.js';
import { fromWorkerSchema, type FromCoordinator, type FromWorker } from '../shared/protocol/messages.js';
import { createFlow } from './flow.js';
import { createPeer, type Peer } from './replicas/peer.js';

export interface DoorOptions {
  readonly chunkBytes: number;
  readonly peers: Set<Peer>;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Throws on what the worker may not send. Nothing more of it is taken until what is returned has settled. */
  onMessage(peer: Peer, message: FromWorker, payload: Float32Array): Promise<void> | void;
  /** The worker is put out; its connection is closing. */
  onExpelled(peer: Peer): void;
  onGone(peer: Peer, reason: string): void;
}

/** Connections that have not said who they are. */
const MAX_STRANGERS = 1000;
/** A connection that is closed and does not answer by then is cut off. */
const GOODBYE_MS = 2000;
/** What is said of a worker in the log at most. */
const MAX_REASON_CHARS = 500;
/** Messages whose number does not follow from what the worker was given to do. */
const UNASKED: ReadonlySet<string> = new Set<FromWorker['type']>(['log', 'leaving', 'failed']);

/** Lets a connection in. */
export function admit(socket: WebSocket, address: string, options: DoorOptions): void {
  const { chunkBytes, log, now, peers, onMessage, onExpelled, onGone } = options;
  if ([...peers].filter(({ id }) => id === '').length >= MAX_STRANGERS) return socket.terminate();
  const flow = createFlow(now);
  /** What had come already when the connection was held. */
  const held: (readonly [FromWorker, Float32Array])[] = [];

  function expel(reason: string): void {
    log.error({ worker: peer.id || address, error: reason.slice(0, MAX_REASON_CHARS) }, 'worker sent what it may not send: it is put out');
    channel.close(CLOSE.badMessage, reason);
    setTimeout(() => channel.terminate(), GOODBYE_MS).unref();
    onExpelled(peer);
  }

  function take(message: FromWorker, payload: Float32Array): void {
    const settled = onMessage(peer, message, payload);
    if (!settled) return;
    peer.isHeld = true;
    socket.pause();
    settled.catch((error: unknown) => expel(messageOf(error))).finally(goOn);
  }

  function goOn(): void {
    peer.isHeld = false;
    peer.lastHeardMs = now();
    try {
      while (channel.isOpen && !peer.isHeld && held.length > 0) take(...held.shift()!);
    } catch (error) {
      expel(messageOf(error));
    }
    if (!peer.isHeld) socket.resume();
  }

  const channel = createChannel<FromWorker, FromCoordinator>(socket, {
    schema: fromWorkerSchema,
    chunkBytes: () => chunkBytes,
    onMessage(message, payload) {
      if (UNASKED.has(message.type)) flow.take();
      if ((peer.id === '') !== (message.type === 'hello')) throw new Error(`"${message.type}" came at the wrong time`);
      if (peer.isHeld) held.push([message, payload]);
      else take(message, payload);
    },
    onControl: () => flow.take(),
    onInvalid: expel,
    onAlive: () => {
      peer.lastHeardMs = now();
    },
    onClose: (code, reason) => onGone(peer, `${code}${reason ? ` ${reason}` : ''}`),
  });
  const peer = createPeer(channel, address, now());
  peers.add(peer);
}
