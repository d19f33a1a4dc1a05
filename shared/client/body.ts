// The body of an answer as a stream of the web. What had come before a connection broke is handed over before the break is, which Node's own
// conversion throws away: who goes on where it was needs it.

import type { IncomingMessage } from 'node:http';

/** More than this is left to the system until somebody reads. */
const MAX_CHUNKS = 16;

export function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks: Buffer[] = [];
  let end: { readonly error?: unknown } | undefined;
  let wake = (): void => {};
  message.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (chunks.length >= MAX_CHUNKS) message.pause();
    wake();
  });
  const finish = (how: { readonly error?: unknown }): void => {
    end ??= how;
    wake();
  };
  message.once('end', () => finish({}));
  message.once('error', (error) => finish({ error }));
  message.once('close', () => finish({ error: new Error('the connection was closed') }));

  async function* received(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = chunks.shift();
        if (chunk) yield chunk;
        else if (end) break;
        else {
          message.resume();
          await new Promise<void>((resolve) => { wake = resolve; });
        }
      }
    } finally {
      message.destroy();
    }
    if (end.error !== undefined) throw end.error as Error;
  }
  return ReadableStream.from<Uint8Array>(received());
}
