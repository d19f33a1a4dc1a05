// A WebSocket to a coordinator.

import { WebSocket } from 'ws';
import { headersFor, type Endpoint } from './endpoint.js';
import { explainSilence, explainStatus } from './problems.js';

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Connects to a path; messages of `maxPayloadBytes` at most are taken. Throws PretextError UNREACHABLE, BAD_TOKEN or REFUSED. */
export function openSocket(endpoint: Endpoint, path: string, maxPayloadBytes: number): Promise<WebSocket> {
  const { url } = endpoint;
  const target = new URL(path, url);
  target.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(target, {
      perMessageDeflate: false,
      maxPayload: maxPayloadBytes,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      // Masks protect proxies from browsers' scripts; between our own processes a mask of zeros saves two passes over the data.
      generateMask: (mask) => mask.fill(0),
      headers: headersFor(endpoint),
    });
    socket.once('unexpected-response', (_request, response) => {
      response.destroy();
      socket.terminate();
      reject(explainStatus(url, response.statusCode ?? 0));
    });
    socket.once('error', (cause) => reject(explainSilence(url, cause)));
    socket.once('open', () => resolve(socket));
  });
}
