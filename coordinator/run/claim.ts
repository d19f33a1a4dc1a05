// Who may write to a run's folder: one coordinator at a time. Its claim is a file that says which process it is, made exclusively and touched every
// second. A claim whose process is dead is taken over at once; where that cannot be known, one that nobody has touched for a while.

import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { explainDiskError } from '../../shared/errors/disk-error.js';
import { PretextError, messageOf } from '../../shared/errors/pretext-error.js';
import { markProcess, markSchema, probeProcess } from './process-mark.js';

const claimSchema = markSchema.extend({
  /** Of this claim alone. */
  id: z.string(),
  /** ISO time. */
  since: z.string(),
  /** Where the coordinator listens, once it does. */
  url: z.string().optional(),
});

type ClaimFile = z.infer<typeof claimSchema>;

/** What lies there: its text, what that says if it is whole, and when it was last touched. */
interface Found {
  readonly text: string;
  readonly claim: ClaimFile | undefined;
  readonly touchedMs: number;
}

export interface Claim {
  /** Whose claim was taken over, and why that was right; undefined where there was none. */
  readonly takenOver: string | undefined;
  /** Rejects with RUN_EXISTS when another has taken the folder over. Never resolves. */
  readonly lost: Promise<never>;
  /** Says where the coordinator listens. Throws RUN_EXISTS when another has taken the folder over. */
  announce(url: string): Promise<void>;
  withdraw(): Promise<void>;
}

export interface ClaimTimes {
  readonly touchEveryMs: number;
  /** A claim that nobody touches for so long is nobody's. */
  readonly patienceMs: number;
  /** Removing a claim takes moments: whoever holds up the others for so long is dead. */
  readonly removalMs: number;
}

const TIMES: ClaimTimes = { touchEveryMs: 1000, patienceMs: 6000, removalMs: 5000 };

/** Claims a folder by the file at `path`. Throws PretextError RUN_EXISTS while another coordinator is at work there. */
export async function claimFolder(path: string, times: ClaimTimes = TIMES): Promise<Claim> {
  const own: ClaimFile = { ...(await markProcess()), id: randomUUID(), since: new Date().toISOString() };
  let takenOver: string | undefined;
  while (!(await createExclusively(path, own))) {
    const found = await read(path);
    if (!found) continue;
    takenOver = await judge(path, found, times);
    if (takenOver !== undefined) await remove(path, found, times);
  }
  return holdClaim(path, own, { ...times, takenOver });
}

/** False when there is one already. */
async function createExclusively(path: string, claim: ClaimFile): Promise<boolean> {
  try {
    await writeFile(path, `${JSON.stringify(claim)}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // The disk may be full: what is half there must not be taken for a claim.
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') await rm(path, { force: true });
    throw explainDiskError(error, path);
  }
}

/** Undefined when there is none. Opens the file, for a network's file system may remember what a name stood for. */
async function read(path: string): Promise<Found | undefined> {
  try {
    const file = await open(path);
    try {
      const { mtimeMs } = await file.stat();
      const text = await file.readFile('utf8');
      return { text, claim: parse(text), touchedMs: mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new PretextError('REFUSED', `"${path}" cannot be read: ${messageOf(error)}.`, { hint: 'It says who is at work in the folder. Make it readable, or remove it when nobody is.', cause: error });
  }
}

function parse(text: string): ClaimFile | undefined {
  try {
    return claimSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Why the claim may be taken over; undefined when it is gone. Throws RUN_EXISTS when it may not. */
async function judge(path: string, found: Found, { patienceMs, touchEveryMs }: ClaimTimes): Promise<string | undefined> {
  const { claim } = found;
  const state = claim ? await probeProcess(claim) : 'unknown';
  if (state === 'alive') throw describeOther(path, claim);
  if (state === 'dead') return `${describe(claim)} is gone`;
  const endMs = performance.now() + patienceMs;
  while (performance.now() < endMs) {
    await sleep(touchEveryMs / 4);
    const now = await read(path);
    if (!now) return undefined;
    if (now.text !== found.text || now.touchedMs !== found.touchedMs) throw describeOther(path, now.claim ?? claim);
  }
  return `${describe(claim)} has not touched its claim for ${patienceMs / 1000} seconds`;
}

function describe(claim: ClaimFile | undefined): string {
  return claim ? `process ${claim.pid} on ${claim.host}, since ${claim.since},` : 'whoever left an empty or damaged claim';
}

function describeOther(path: string, claim: ClaimFile | undefined): PretextError {
  const [who, where] = claim ? [` (process ${claim.pid})`, `: on ${claim.host}, since ${claim.since}`] : ['', ''];
  return new PretextError('RUN_EXISTS', `Another coordinator${who} is at work in "${dirname(path)}"${where}.`, { hint: 'Stop it first, or give another folder with --out.' });
}

/** Removes the claim that was judged and no other: of several that judged it one after the other looks again. */
function remove(path: string, judged: Found, { removalMs }: ClaimTimes): Promise<void> {
  return removeInTurn(path, async () => (await read(path))?.text === judged.text, removalMs);
}

/** Removes a file that is still the one that is meant: one process at a time looks and removes. */
async function removeInTurn(path: string, isMeant: () => Promise<boolean>, patienceMs: number): Promise<void> {
  const turn = `${path}.removal`;
  await takeTurn(turn, patienceMs);
  try {
    if (await isMeant()) await rm(path, { force: true });
  } finally {
    await rm(turn, { force: true });
  }
}

async function takeTurn(turn: string, patienceMs: number): Promise<void> {
  let takenMs: number | undefined;
  let sinceMs = performance.now();
  for (;;) {
    try {
      return await writeFile(turn, '', { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw explainDiskError(error, turn);
    }
    const foundMs = await changedMs(turn);
    // Patience with each holder anew, by this process's own clock: a network's file system may have another.
    if (foundMs !== takenMs) [takenMs, sinceMs] = [foundMs, performance.now()];
    const isStale = foundMs !== undefined && performance.now() - sinceMs > patienceMs;
    // In turn again: of two that find it stale, the second must not remove what the first has taken.
    if (isStale) await removeInTurn(turn, async () => (await changedMs(turn)) === foundMs, patienceMs);
    else await sleep(20);
  }
}

/** Undefined when there is no such file. */
async function changedMs(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

function holdClaim(path: string, first: ClaimFile, { touchEveryMs, takenOver }: ClaimTimes & Pick<Claim, 'takenOver'>): Claim {
  let own = first;
  let lose!: (error: PretextError) => void;
  const lost = new Promise<never>((_resolve, reject) => { lose = reject; });
  // Whoever waits for the run is told; before that it must not end the process.
  lost.catch(() => {});
  let last: Promise<void> = Promise.resolve();

  const isOwn = (found: Found | undefined): boolean => found?.claim?.id === own.id;

  async function write(claim: ClaimFile): Promise<void> {
    const temporary = `${path}.${own.id}`;
    try {
      await writeFile(temporary, `${JSON.stringify(claim)}\n`);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw explainDiskError(error, path);
    }
  }

  async function rewrite(): Promise<void> {
    const found = await read(path);
    if (found?.claim && !isOwn(found)) throw describeOther(path, found.claim);
    await write(own);
  }

  async function touch(): Promise<void> {
    const found = await read(path);
    if (isOwn(found)) return utimes(path, new Date(), new Date());
    if (found?.claim) return lose(describeOther(path, found.claim));
    // Removed or emptied by hand: nobody else has claimed it.
    if (found) await write(own);
    else await createExclusively(path, own);
  }

  // A disk that fails for a moment is no reason to stop: the journal says when it is.
  const timer = setInterval(() => { last = last.then(touch).catch(() => {}); }, touchEveryMs);
  timer.unref();

  return {
    takenOver, lost,
    async announce(url) {
      own = { ...own, url };
      last = last.then(rewrite);
      await last;
    },
    async withdraw() {
      clearInterval(timer);
      await last.catch(() => {});
      if (isOwn(await read(path).catch(() => undefined))) await rm(path, { force: true });
    },
  };
}
