// Writes the page of a run: reads its folder, has pictures drawn in a process of their own, and puts all into one file.

import { statSync } from 'node:fs';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { pathsOf } from '../../coordinator/run/folder.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { VERSION } from '../../shared/version.js';
import { writeWhole } from '../../shared/write-whole.js';
import { drawApart } from '../processes/measure-apart.js';
import { formatTime } from '../report/figures.js';
import { renderReport } from '../report/render-report.js';
import { readRunData, type RunData } from '../report/run-data.js';

export interface RunPageOptions {
  /** The run's folder. */
  readonly run: string;
  /** Default: report.html in it. */
  readonly out?: string | undefined;
  readonly hasPictures: boolean;
  readonly backend: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (what: string) => void;
}

export interface WrittenPage {
  readonly file: string;
  readonly bytes: number;
  readonly state: 'complete' | 'under way' | 'broken off';
  readonly parts: readonly string[];
  /** Why pictures are missing that were wanted. */
  readonly noPictures?: string;
}

/** Throws PretextError NOT_FOUND, BAD_RECIPE, DISK_FULL or CANCELLED. */
export async function writeRunPage(options: RunPageOptions): Promise<WrittenPage> {
  const { run, out = pathsOf(run).page, hasPictures } = options;
  const known = await readRunData(run);
  const { noPictures, ...drawn } = hasPictures ? await tryPictures(options) : {};
  const data = { ...known, ...drawn };
  const { text, parts } = await renderReport(data, `Written by Pretext ${VERSION} with Node ${process.version}, ${formatTime(Date.now())}.`);
  await writeWhole(out, [text]);
  return { file: out, bytes: Buffer.byteLength(text), state: data.state, parts, ...dropUndefined({ noPictures }) };
}

export interface TryPageOptions extends RunPageOptions {
  /** Of what the page lacks. */
  onNote(note: string): void;
  /** Also where there is a page newer than the report, which stays otherwise. */
  readonly isForced?: boolean;
}

/** After a run or a curve, which is no worse for a page that cannot be written: undefined then, and a note. */
export async function tryRunPage({ onNote, isForced = false, ...options }: TryPageOptions): Promise<string | undefined> {
  const { page, report } = pathsOf(options.run);
  const changedMs = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  try {
    if (!isForced && statSync(page, { throwIfNoEntry: false })?.isFile() === true && changedMs(page) >= changedMs(report)) return page;
    const { file, noPictures } = await writeRunPage(options);
    if (noPictures !== undefined) onNote(`The page of the run has no pictures: ${noPictures}`);
    return file;
  } catch (error) {
    onNote(`The page of the run could not be written: ${messageOf(error)}`);
    return undefined;
  }
}

/** A page is worth having without them: before the first checkpoint there are none, and the data may be elsewhere by now. */
async function tryPictures({ run, backend, signal, onProgress }: RunPageOptions): Promise<Pick<RunData, 'pictures'> & Pick<WrittenPage, 'noPictures'>> {
  try {
    return { pictures: await drawApart({ run, backend, signal, ...dropUndefined({ onProgress }) }) };
  } catch (error) {
    if (error instanceof PretextError && error.code === 'CANCELLED') throw error;
    return { noPictures: messageOf(error) };
  }
}
