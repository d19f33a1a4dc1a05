// Notices when small files change. By their contents: Kubernetes swaps links above a Secret's files, which watchers of the system miss.

import { readFile } from 'node:fs/promises';

/** Calls `onChange` when any of the files has other contents, is gone or is back. Call what it returns to stop. */
export function watchFiles(paths: readonly string[], everyMs: number, onChange: () => void): () => void {
  const read = (): Promise<string> => Promise.all(paths.map((path) => readFile(path, 'latin1').catch(() => undefined))).then((contents) => JSON.stringify(contents));
  let isStopped = paths.length === 0;
  let timer: NodeJS.Timeout | undefined;

  async function look(before: string): Promise<void> {
    const now = await read();
    if (isStopped) return;
    if (now !== before) onChange();
    wait(now);
  }

  function wait(contents: string): void {
    timer = setTimeout(() => void look(contents), everyMs);
    timer.unref();
  }

  if (!isStopped) void read().then((contents) => { if (!isStopped) wait(contents); });
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
