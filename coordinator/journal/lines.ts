// The lines of a journal. Each ends with a check over the line before and its own bytes, so that one that was changed, lost, doubled or
// moved is found when the journal is read. Pure.

import { createHash } from 'node:crypto';
import { entrySchema, type JournalEntry } from './entries.js';

/** Where a journal stops being what was written. */
export interface JournalFault {
  /** Counted from 1. */
  readonly line: number;
  /** Where the line begins in the file. */
  readonly byte: number;
  readonly reason: string;
  /** What a crash may leave behind: nothing follows, and the line is not what was written. */
  readonly isTorn: boolean;
}

export interface ReadLines {
  /** Those before the fault, where there is one. */
  readonly entries: JournalEntry[];
  readonly wholeBytes: number;
  /** Of the last whole line; what the next one continues. */
  readonly check: string;
  readonly fault: JournalFault | undefined;
}

/** What the first line continues. */
const FIRST_CHECK = '';

const NEWLINE = 0x0a;
/** Characters of a check. They find accidents and edits by hand; whoever can write the file can also make a new one. */
const CHECK_LENGTH = 16;
const LINE_PATTERN = new RegExp(`^(.*),"check":"([0-9a-f]{${CHECK_LENGTH}})"\\}$`, 's');

function checkOf(before: string, body: Buffer): string {
  return createHash('sha256').update(before).update(body).digest('hex').slice(0, CHECK_LENGTH);
}

/** The line of an entry that follows a line with the check `before`, and its own check. */
export function writeLine(entry: JournalEntry, before: string): { readonly text: string; readonly check: string } {
  const body = JSON.stringify(entry);
  const check = checkOf(before, Buffer.from(body));
  return { text: `${body.slice(0, -1)},"check":"${check}"}\n`, check };
}

/** Reads a journal up to its end or its first fault. */
export function readLines(bytes: Buffer): ReadLines {
  const entries: JournalEntry[] = [];
  let check = FIRST_CHECK;
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const end = bytes.indexOf(NEWLINE, start);
    const read: ReadLine = end < 0 ? { reason: 'it was not written to its end', isWhole: false } : readLine(bytes.subarray(start, end), check);
    if ('reason' in read) {
      const fault = { line, byte: start, reason: read.reason, isTorn: !read.isWhole && (end < 0 || end + 1 === bytes.length) };
      return { entries, wholeBytes: start, check, fault };
    }
    entries.push(read.entry);
    check = read.check;
    start = end + 1;
  }
  return { entries, wholeBytes: start, check, fault: undefined };
}

/** A line that is whole is what was written, whether or not it can be understood. */
type ReadLine = { readonly entry: JournalEntry; readonly check: string } | { readonly reason: string; readonly isWhole: boolean };

function readLine(line: Buffer, before: string): ReadLine {
  // Latin-1 has a character for each byte: no change can hide in what UTF-8 does not know.
  const [, start, check] = LINE_PATTERN.exec(line.toString('latin1')) ?? [];
  if (start === undefined || check === undefined) return { reason: 'it does not end with its check: it was changed, or is of an earlier version of Pretext', isWhole: false };
  const body = Buffer.from(`${start}}`, 'latin1');
  if (checkOf(before, body) !== check) return { reason: 'its check does not hold: it was changed, or lines before it are missing, doubled or moved', isWhole: false };
  try {
    return { entry: entrySchema.parse(JSON.parse(body.toString('utf8'))), check };
  } catch {
    return { reason: 'it is no journal entry: it is of another version of Pretext', isWhole: true };
  }
}

/** A sentence's beginning: file, line, byte and what is wrong. */
export function describeFault(path: string, { line, byte, reason }: JournalFault): string {
  return `${path}:${line} (byte ${byte}): ${reason}`;
}
