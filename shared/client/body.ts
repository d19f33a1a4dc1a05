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

  // Nothing is taken from the connection before somebody reads.
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (chunks.length === 0 && !end) {
        message.resume();
        await new Promise<void>((resolve) => { wake = resolve; });
      }
      const chunk = chunks.shift();
      if (chunk) return controller.enqueue(chunk);
      message.destroy();
      if (end!.error === undefined) controller.close();
      else controller.error(end!.error);
    },
    cancel: () => void message.destroy(),
  }, { highWaterMark: 0 });
}
