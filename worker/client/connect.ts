// One connection to a coordinator, over which a worker takes part.

import type { WebSocket } from 'ws';
import type { Endpoint } from '../../shared/client/endpoint.js';
import { openSocket } from '../../shared/client/socket.js';
import { HEADER_LIMIT_BYTES } from '../../shared/protocol/channel.js';

/** Chunks of this size at most are taken from a coordinator. */
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;

/** Connects. Throws PretextError; isCurable says whether to try again. */
export function connect(endpoint: Endpoint): Promise<WebSocket> {
  return openSocket(endpoint, '/join', MAX_CHUNK_BYTES + HEADER_LIMIT_BYTES);
}
