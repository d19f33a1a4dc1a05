// The journal's file: one JSON entry a line, appended and flushed to disk before anyone hears of a commit.

import { open, readFile, truncate } from 'node:fs/promises';
import { explainDiskError } from '../../shared/errors/disk-error.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { entrySchema, type JournalEntry } from './entries.js';

export interface Journal {
  readonly entries: readonly JournalEntry[];
  /** Resolves when the entry is on disk. Throws PretextError DISK_FULL when there is no room. */
  append(entry: JournalEntry): Promise<void>;
  close(): Promise<void>;
}

/** Entries of a journal's text. The last line may be torn by a crash and is left out; anything else unreadable throws JOURNAL_BROKEN. */
export function parseJournal(text: string, path: string): { entries: JournalEntry[]; wholeBytes: number } {
  const end = text.lastIndexOf('\n') + 1;
  const lines = text.slice(0, end).split('\n').slice(0, -1);
  const entries = lines.map((line, index) => {
    try {
      return entrySchema.parse(JSON.parse(line));
    } catch (cause) {
      throw new PretextError('JOURNAL_BROKEN', `${path}:${index + 1} is no journal entry.`, {
        hint: 'The file was changed or damaged; restore it from a backup, or start the run anew in another folder.',
        cause,
      });
    }
  });
  return { entries, wholeBytes: Buffer.byteLength(text.slice(0, end)) };
}

/** Reads a journal without touching it. Throws PretextError NOT_FOUND when there is none. */
export async function readJournal(path: string): Promise<JournalEntry[]> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new PretextError('NOT_FOUND', `"${path}" does not exist.`, { hint: 'Give the folder of a run.', cause });
  });
  return parseJournal(text, path).entries;
}

/** Opens a journal to go on with, or a new one. A torn last line is cut off. */
export async function openJournal(path: string): Promise<Journal> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const { entries, wholeBytes } = parseJournal(text, path);
  if (wholeBytes < Buffer.byteLength(text)) await truncate(path, wholeBytes);
  const file = await open(path, 'a');
  let last: Promise<void> = Promise.resolve();

  async function write(entry: JournalEntry): Promise<void> {
    try {
      await file.appendFile(`${JSON.stringify(entry)}\n`);
      await file.datasync();
    } catch (error) {
      throw explainDiskError(error, path);
    }
    entries.push(entry);
  }

  return {
    entries,
    append(entry) {
      last = last.then(() => write(entry));
      return last;
    },
    close: () => last.catch(() => {}).then(() => file.close()),
  };
}
