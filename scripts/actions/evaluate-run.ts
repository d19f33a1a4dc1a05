// A checkpoint of a run, evaluated on the run's data or on other data, in this process.

import { evaluate, type Evaluation } from '../../worker/evaluate/evaluate.js';
import { measureCheckpoint, type Measured, type MeasureOptions } from './measure-checkpoint.js';

export interface EvaluationResult extends Evaluation, Omit<Measured<Evaluation>, 'result'> {}

/** Throws PretextError as measureCheckpoint does. */
export async function evaluateRun(options: MeasureOptions): Promise<EvaluationResult> {
  const { result, ...measured } = await measureCheckpoint(options, evaluate);
  return { ...result, ...measured };
}
