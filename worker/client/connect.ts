// One connection to a coordinator: opens the WebSocket, or says in one sentence why it cannot.

import { WebSocket } from 'ws';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { HEADER_LIMIT_BYTES } from '../../shared/protocol/channel.js';

/** Chunks of this size at most are taken from a coordinator. */
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;
const HANDSHAKE_TIMEOUT_MS = 10_000;

function explain(url: URL, status: number | undefined, cause: Error): PretextError {
  if (status === 401) {
    return new PretextError('BAD_TOKEN', `${url.origin} refused the token.`, { hint: 'Set PRETEXT_TOKEN (or --token) to the coordinator\'s.', cause });
  }
  if (status !== undefined) {
    return new PretextError('REFUSED', `${url.origin} answered ${status}: it is no coordinator.`, { hint: 'Check the address that the coordinator printed.', cause });
  }
  return new PretextError('UNREACHABLE', `No coordinator answers at ${url.origin} (${cause.message}).`, { hint: 'Is it running, and reachable from here?', cause });
}

/** Connects. Throws PretextError UNREACHABLE (try again), BAD_TOKEN or REFUSED (do not). */
export function connect(url: URL, token: string | undefined): Promise<WebSocket> {
  const target = new URL('/join', url);
  target.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(target, {
      perMessageDeflate: false,
      maxPayload: MAX_CHUNK_BYTES + HEADER_LIMIT_BYTES,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      // Masks protect proxies from browsers' scripts; between our own processes a mask of zeros saves two passes over the data.
      generateMask: (mask) => mask.fill(0),
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    });
    let status: number | undefined;
    socket.once('unexpected-response', (_request, response) => {
      status = response.statusCode;
      response.destroy();
      socket.terminate();
      reject(explain(url, status, new Error(`HTTP ${status}`)));
    });
    socket.once('error', (cause) => reject(explain(url, status, cause)));
    socket.once('open', () => resolve(socket));
  });
}
