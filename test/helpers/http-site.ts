// A server of HTTP on a free port of this machine, closed when the test ends.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';

export interface HttpSite {
  readonly server: Server;
  readonly url: URL;
  close(): Promise<void>;
}

export async function openHttpSite(t: ExecutionContext, answer: RequestListener): Promise<HttpSite> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
  t.teardown(close);
  return { server, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), close };
}
