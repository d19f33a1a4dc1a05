// curve.json: a label curve as its folder keeps it, for reports and other programs.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender } from './contenders.js';
import type { CurveRow } from './summary.js';

export interface CurveFile {
  /** Folder. */
  readonly data: string;
  /** Checkpoint whose trunk was measured. */
  readonly init: string;
  /** Of every run. */
  readonly steps: number;
  readonly numClasses: number;
  readonly numHeldOut: number;
  /** Accuracy of a guesser. */
  readonly chance: number;
  readonly rows: readonly CurveRow[];
  /** What it says, in sentences. */
  readonly words: readonly string[];
  /** What each contender's stages began from, as its runs report. */
  readonly stages: Readonly<Record<Contender, readonly { readonly steps: number; readonly init: string }[]>>;
  readonly runs: readonly CurveRun[];
}

export interface CurveRun {
  readonly share: number;
  readonly seed: number;
  readonly contender: Contender;
  /** Below the curve's folder. */
  readonly folder: string;
  /** SHA-256 of the final values, and of those of the trunk alone. */
  readonly digest: string;
  readonly trunkDigest: string;
}

/** Where the curve of a run lies when nobody says. */
export const curveFolderOf = (run: string): string => join(run, 'curve');

export const curvePathsOf = (folder: string) => ({ json: join(folder, 'curve.json'), svg: join(folder, 'curve.svg'), png: join(folder, 'curve.png') });

/** Undefined where the folder has none. */
export async function readCurve(folder: string): Promise<CurveFile | undefined> {
  try {
    return JSON.parse(await readFile(curvePathsOf(folder).json, 'utf8')) as CurveFile;
  } catch {
    return undefined;
  }
}
