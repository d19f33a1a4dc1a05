// Writes the page of a run: reads its folder, has pictures drawn in a process of their own, and puts all into one file.

import { readFileSync } from 'node:fs';
import { pathsOf } from '../../coordinator/run/folder.js';
import { writeWhole } from '../measure/write-whole.js';
import { formatTime } from '../report/figures.js';
import { renderReport } from '../report/render-report.js';
import { readRunData } from '../report/run-data.js';

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
export async function writeRunPage({ run, out = pathsOf(run).page }: RunPageOptions): Promise<WrittenPage> {
  const data = await readRunData(run);
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  const { text, parts } = await renderReport(data, `Written by Pretext ${version} with Node ${process.version}, ${formatTime(Date.now())}.`);
  await writeWhole(out, [text]);
  return { file: out, bytes: Buffer.byteLength(text), state: data.state, parts };
}
