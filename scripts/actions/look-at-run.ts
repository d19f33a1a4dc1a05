// A quick look at a checkpoint of a run that goes on, in this process.

import type { Look } from '../../shared/learning.js';
import { look } from '../../worker/evaluate/look.js';
import { measureCheckpoint, type MeasureOptions } from './measure-checkpoint.js';

/** A look shall not take longer than what it looks at. */
const MOST_ITEMS = 128;

/** Throws PretextError as measureCheckpoint does. */
export async function lookAtRun(options: MeasureOptions): Promise<Look> {
  const { result } = await measureCheckpoint({ maxItems: MOST_ITEMS, ...options }, look);
  return result;
}
