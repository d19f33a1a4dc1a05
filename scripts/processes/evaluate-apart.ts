// Evaluates in a process of its own and waits for the result.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { EvaluateRunOptions, EvaluationResult } from '../actions/evaluate-run.js';
import type { ChildMessage } from './child.js';
import type { EvaluationOptions } from './evaluation.js';

const ENTRY = fileURLToPath(new URL('./evaluation.js', import.meta.url));

/** Throws PretextError as evaluateRun does, or WORKER_FAILED when the process dies. */
export async function evaluateApart({ signal, onProgress, ...rest }: EvaluateRunOptions): Promise<EvaluationResult> {
  if (signal.aborted) throw new PretextError('CANCELLED', 'The evaluation was stopped.');
  const options: EvaluationOptions = rest;
  // `advanced` keeps numbers that JSON does not have: an accuracy without puzzles is NaN.
  const child = fork(ENTRY, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' });
  let last: ChildMessage<EvaluationResult> | undefined;
  let stderr = '';
  child.stderr!.on('data', (chunk: Buffer) => { stderr = `${stderr}${chunk.toString()}`.slice(-2000); });
  child.on('message', (message: ChildMessage<EvaluationResult>) => {
    if (message.type === 'progress') onProgress?.(message.text);
    else last = message;
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  const [code, killer] = await once(child, 'close') as [number | null, string | null];
  signal.removeEventListener('abort', stop);
  if (last?.type === 'result') return last.result;
  if (last?.type === 'failure') throw new PretextError(last.failure.code, last.failure.message, dropUndefined({ hint: last.failure.hint }));
  throw new PretextError('WORKER_FAILED', `The evaluation ended with ${killer ?? `exit code ${code}`}${stderr === '' ? '.' : `: ${stderr.trim()}`}`, {
    hint: 'The run is complete. Try again with pretext evaluate, or with another --backend.',
  });
}
