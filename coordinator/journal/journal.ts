// The journal's file: one JSON entry a line, appended and flushed to disk before anyone hears of a commit.

import { constants } from 'node:fs';
import { copyFile, open, readFile, truncate, type FileHandle } from 'node:fs/promises';
import { explainDiskError } from '../../shared/errors/disk-error.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { committedStep, entriesOfStage, lastStage, type JournalEntry } from './entries.js';
import { describeFault, readLines, writeLine, type JournalFault, type ReadLines } from './lines.js';
import { createReplayCheck } from './replays.js';

export interface Journal {
  readonly entries: readonly JournalEntry[];
  /** What was cut off when it was opened, and where the whole file is kept if that was more than a torn line. */
  readonly cut: (JournalFault & { readonly kept?: string }) | undefined;
  /**
   * Resolves when the entry is on disk. Throws PretextError DISK_FULL when there is no room, and REPLAY_DIFFERS for a step that is run
   * again with another result.
   */
  append(entry: JournalEntry): Promise<void>;
  close(): Promise<void>;
}

export interface JournalOptions {
  /** Go on over damage: what is before a fault stands, and steps that are run again may give something else than before. */
  readonly recover?: boolean;
}

/** Reads a journal without touching it, up to its first fault. Throws PretextError NOT_FOUND when there is none. */
export async function readJournal(path: string): Promise<Pick<ReadLines, 'entries' | 'fault'>> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new PretextError('NOT_FOUND', `"${path}" does not exist.`, { hint: 'Give the folder of a run.', cause });
  });
  return readLines(bytes);
}

/**
 * Opens a journal to go on with, or a new one. A last line that a crash tore or damaged is cut off: its step is run again. Throws
 * JOURNAL_BROKEN for any other fault, unless told to recover: then the whole file is kept beside it.
 */
export async function openJournal(path: string, { recover = false }: JournalOptions = {}): Promise<Journal> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  const read = readLines(bytes);
  const cut = read.fault && (await cutAt(path, read, read.fault, recover));
  const { entries } = read;
  const replays = createReplayCheck(recover ? [] : entries);
  const lines = createLines(await open(path, 'a'), path, read);
  let last: Promise<void> = Promise.resolve();

  async function write(entry: JournalEntry): Promise<void> {
    replays.check(entry);
    await lines.write(entry);
    entries.push(entry);
    replays.add(entry);
  }

  return {
    entries, cut,
    append(entry) {
      const written = last.then(() => write(entry));
      last = written.catch(() => {});
      return written;
    },
    close: () => last.then(() => lines.close()),
  };
}

async function cutAt(path: string, { entries, wholeBytes }: ReadLines, fault: JournalFault, recover: boolean): Promise<Journal['cut']> {
  const { isTorn } = fault;
  if (!isTorn && !recover) {
    throw new PretextError('JOURNAL_BROKEN', `${describeFault(path, fault)}.`, {
      hint: `Put back a copy of the file, or go on from what is before the fault (${describeExtent(entries)}) and compute the rest again by --resume --recover.`,
    });
  }
  const kept = isTorn ? undefined : await keepCopy(path);
  await truncate(path, wholeBytes);
  return { ...fault, ...(kept === undefined ? {} : { kept }) };
}

function describeExtent(entries: readonly JournalEntry[]): string {
  const stage = lastStage(entries);
  return `${stage === 1 ? '' : `stage ${stage}, `}step ${committedStep(entriesOfStage(entries, stage))}`;
}

/** Returns where. */
async function keepCopy(path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const copy = path.replace(/(\.ndjson)?$/, `.damaged-${number}$1`);
    try {
      await copyFile(path, copy, constants.COPYFILE_EXCL);
      return copy;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw explainDiskError(error, copy);
    }
  }
}

interface Lines {
  write(entry: JournalEntry): Promise<void>;
  close(): Promise<void>;
}

/** The end of the file, where lines are added. */
function createLines(file: FileHandle, path: string, { wholeBytes, check: first }: ReadLines): Lines {
  let size = wholeBytes;
  let check = first;
  /** Why nothing more can be written: part of a line that could not be taken back. */
  let broken: Error | undefined;
  return {
    async write(entry) {
      if (broken !== undefined) throw broken;
      const line = writeLine(entry, check);
      try {
        await file.appendFile(line.text);
        await file.datasync();
      } catch (error) {
        await file.truncate(size).catch((cause: unknown) => { broken = new PretextError('DISK_FULL', `"${path}" ends with part of a line that cannot be taken back.`, { cause }); });
        throw explainDiskError(error, path);
      }
      size += Buffer.byteLength(line.text);
      check = line.check;
    },
    close: () => file.close(),
  };
}
