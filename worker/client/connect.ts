// One connection to a coordinator, over which a worker takes part.

import type { WebSocket } from 'ws';
import { openSocket } from '../../shared/client/socket.js';
import { HEADER_LIMIT_BYTES } from '../../shared/protocol/channel.js';

/** Chunks of this size at most are taken from a coordinator. */
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;

/** Connects. Throws PretextError UNREACHABLE (try again), BAD_TOKEN or REFUSED (do not). */
export function connect(url: URL, token: string | undefined): Promise<WebSocket> {
  return openSocket({ url, token }, '/join', MAX_CHUNK_BYTES + HEADER_LIMIT_BYTES);
}
