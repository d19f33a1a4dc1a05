// Which process one is, so that it can be told from another that has its number: host, boot, numbering and start time.

import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';

export const markSchema = z.object({
  host: z.string(),
  /** Of the running system; empty where it has none to read. */
  boot: z.string(),
  /** Which numbering of processes `pid` is of: containers have their own. Empty where there is but one. */
  pids: z.string(),
  pid: z.number().int(),
  /** Ticks from the boot to the start of the process; missing where it cannot be read. */
  started: z.number().optional(),
});

export type ProcessMark = z.infer<typeof markSchema>;

export interface ProcessFacts {
  readonly parent: number;
  /** Ticks from the boot to its start. */
  readonly started: number;
}

/**
 * Fields 3, 4 and 22 of `/proc/PID/stat`; the name before them may hold anything but ends with the last bracket. Undefined where there is
 * none, and for what has ended and is only still listed: a container's first process may never ask after its children.
 */
export async function readProcess(pid: number): Promise<ProcessFacts | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { parent: Number(fields[1]), started: Number(fields[19]) };
}

/** Of this process. */
export async function markProcess(): Promise<ProcessMark> {
  const [boot, pids, own] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''), readlink('/proc/self/ns/pid').catch(() => ''), readProcess(process.pid),
  ]);
  return { host: hostname(), boot: boot.trim(), pids, pid: process.pid, ...(own ? { started: own.started } : {}) };
}

/** Whether the process of a mark lives, as far as this one can tell. */
export async function probeProcess(mark: ProcessMark): Promise<'alive' | 'dead' | 'unknown'> {
  const own = await markProcess();
  if (mark.host !== own.host || mark.boot !== own.boot || mark.pids !== own.pids) return 'unknown';
  if (!isThere(mark.pid)) return 'dead';
  // Where the system has no such list nothing more can be known.
  if (mark.started === undefined || own.started === undefined) return 'unknown';
  return mark.started === (await readProcess(mark.pid))?.started ? 'alive' : 'dead';
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
