// What earlier work has left in a folder of fetched files.

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What nobody has opened for so long is taken for earlier work's. Where another worker still wants it, it fetches it again. */
const IDLE_MS = 3_600_000;
/** How the name of a file ends that is being fetched. */
export const PARTIAL = '.partial';
/** As fetched files are named: a user may keep other files there. */
const NAME = /^[0-9a-f]{32,}(\.[^.]{0,9})?$/;

export interface LeftFile {
  readonly name: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/**
 * What earlier work has left in a folder that is kept, and that counts against its size: what is idle, and the oldest of what is more than
 * `othersBytes`, for a process may be one of many that end early. What was never fetched to its end is removed.
 */
export async function findLeft(folder: string, othersBytes: number): Promise<LeftFile[]> {
  const left: LeftFile[] = [];
  const nowMs = Date.now();
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => undefined);
    if (!stats?.isFile()) continue;
    const usedMs = Math.max(stats.atimeMs, stats.mtimeMs);
    if (name.endsWith(PARTIAL) && nowMs - usedMs >= IDLE_MS) await rm(path, { force: true });
    else if (NAME.test(name)) left.push({ name, bytes: stats.size, usedMs });
  }
  let newerBytes = left.reduce((sum, { bytes }) => sum + bytes, 0);
  return left.sort((a, b) => a.usedMs - b.usedMs).filter(({ bytes, usedMs }) => {
    const isLeft = nowMs - usedMs >= IDLE_MS || newerBytes > othersBytes;
    newerBytes -= bytes;
    return isLeft;
  });
}
