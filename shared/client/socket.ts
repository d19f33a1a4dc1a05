// A WebSocket to a coordinator.

import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { headersFor, tlsFor, type Endpoint } from './endpoint.js';
import { explainSilence, explainStatus } from './problems.js';

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** What a refusal says is waited for so long, and no more of it is read than so much. */
const REFUSAL_MS = 1000;
const REFUSAL_CHARS = 1000;

/** What an answer says in the place of a socket, as far as it comes. */
function readRefusal(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const done = (): void => {
      clearTimeout(timer);
      response.destroy();
      resolve(text);
    };
    const timer = setTimeout(done, REFUSAL_MS);
    response.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      if (text.length > REFUSAL_CHARS) done();
    });
    for (const event of ['end', 'error', 'close']) response.once(event, done);
  });
}

/** Connects to a path; messages of `maxPayloadBytes` at most are taken. Throws PretextError UNREACHABLE, BAD_TOKEN, BAD_CERTIFICATE, BAD_ARGUMENT or REFUSED. */
export async function openSocket(endpoint: Endpoint, path: string, maxPayloadBytes: number): Promise<WebSocket> {
  const { url } = endpoint;
  const target = new URL(path, url);
  target.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const shown = { headers: headersFor(endpoint), ...tlsFor(endpoint) };
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(target, {
      perMessageDeflate: false,
      maxPayload: maxPayloadBytes,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      // Masks protect proxies from browsers' scripts; between our own processes a mask of zeros saves two passes over the data.
      generateMask: (mask) => mask.fill(0),
      ...shown,
    });
    socket.once('unexpected-response', (_request, response) => {
      void readRefusal(response).then((text) => {
        reject(explainStatus(url, response.statusCode ?? 0, text));
        socket.terminate();
      });
    });
    socket.once('error', (cause) => reject(explainSilence(url, cause)));
    socket.once('open', () => resolve(socket));
  });
}
