// Measures a checkpoint in a process of its own and waits for the result.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Look } from '../../shared/learning.js';
import type { EvaluationResult } from '../actions/evaluate-run.js';
import type { Pictures } from '../report/pictures/pictures.js';
import type { MeasureOptions } from '../actions/measure-checkpoint.js';
import type { Answered } from '../measure/answer-items.js';
import type { ChildMessage } from './child.js';

/** The options that go through the argument. */
export type ApartOptions = Omit<MeasureOptions, 'signal' | 'onProgress'>;

/** Throws PretextError as evaluateRun does, or WORKER_FAILED when the process dies. */
export const evaluateApart = (options: MeasureOptions): Promise<EvaluationResult> => measureApart<EvaluationResult>('evaluation', options);

/** Likewise as lookAtRun does. */
export const lookApart = (options: MeasureOptions): Promise<Look> => measureApart<Look>('look', options);

/** Likewise as answerItems does. */
export const answerApart = (options: MeasureOptions): Promise<Answered> => measureApart<Answered>('answers', options);

/** Likewise as drawPictures does. */
export const drawApart = (options: MeasureOptions): Promise<Pictures> => measureApart<Pictures>('pictures', options);

const HINTS = {
  answers: 'What was trained is saved. Try again, or with another --backend.',
  evaluation: 'The run is complete. Try again with pretext evaluate, or with another --backend.',
  pictures: 'The report can do without: --no-pictures. Or try another --backend.',
  look: 'The run goes on without it. Where every look fails, try another --backend.',
};
/** A process that is told to end has so long for it. */
const KILL_MS = 5000;

async function measureApart<Result>(what: keyof typeof HINTS, { signal, onProgress, ...rest }: MeasureOptions): Promise<Result> {
  if (signal.aborted) throw new PretextError('CANCELLED', `The ${what} ${what.endsWith('s') ? 'were' : 'was'} stopped.`);
  const options: ApartOptions = rest;
  // `advanced` keeps numbers that JSON does not have: an accuracy without puzzles is NaN.
  const child = fork(fileURLToPath(new URL(`./${what}.js`, import.meta.url)), [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' });
  let last: ChildMessage<Result> | undefined;
  let stderr = '';
  child.stderr!.on('data', (chunk: Buffer) => { stderr = `${stderr}${chunk.toString()}`.slice(-2000); });
  child.on('message', (message: ChildMessage<Result>) => {
    if (message.type === 'progress') onProgress?.(message.text);
    else last = message;
  });
  let impatience: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    // It may hang where it does not hear that.
    impatience = setTimeout(() => child.kill('SIGKILL'), KILL_MS);
  };
  signal.addEventListener('abort', stop);
  const [code, killer] = await once(child, 'close') as [number | null, string | null];
  signal.removeEventListener('abort', stop);
  clearTimeout(impatience);
  if (last?.type === 'result') return last.result;
  if (last?.type === 'failure') throw new PretextError(last.failure.code, last.failure.message, dropUndefined({ hint: last.failure.hint }));
  if (signal.aborted) throw new PretextError('CANCELLED', `The ${what} ${what.endsWith('s') ? 'were' : 'was'} stopped.`);
  throw new PretextError('WORKER_FAILED', `The process of the ${what} ended with ${killer ?? `exit code ${code}`}${stderr === '' ? '.' : `: ${stderr.trim()}`}`, {
    hint: HINTS[what],
  });
}
