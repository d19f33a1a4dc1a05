// Runs one ffmpeg whose output is bytes of a known number, within a time limit. Leaves out what is asked of it (clip.ts).
//
// Not fluent-ffmpeg's own `run`: when a process cannot be started (no descriptors left) it throws where nobody can catch,
// and it reports the end before all output has been read.

import { spawn } from 'node:child_process';
import { PretextError } from '../../shared/errors/pretext-error.js';

export interface ProcessLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ProcessResult {
  /** Bytes written into the buffer; what came beyond its end is dropped. */
  readonly numBytes: number;
  /** The beginning of what it said. */
  readonly stderr: string;
}

const MAX_STDERR_LENGTH = 4096;

/**
 * Runs `program` and writes its standard output into `buffer`. Settles only when the process is gone.
 * Throws PretextError DECODE_TIMEOUT or CANCELLED when it was killed, DECODE_FAILED (message: what `describe` makes of stderr)
 * for any other end than exit code 0.
 */
export function runIntoBuffer(
  program: string,
  args: readonly string[],
  buffer: Uint8Array,
  { timeoutMs, signal }: ProcessLimits,
  describe: (stderr: string) => string,
): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(cancelled());
      return;
    }
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    let numBytes = 0;
    let stderr = '';
    let failure: PretextError | undefined;

    function kill(error: PretextError): void {
      failure ??= error;
      child.kill('SIGKILL');
    }
    const onAbort = (): void => kill(cancelled());
    const timer = setTimeout(() => kill(new PretextError('DECODE_TIMEOUT', `ffmpeg was killed after ${timeoutMs} ms.`)), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });

    // Both streams are undefined when the process could not be started; 'error' comes then.
    (child.stdout as typeof child.stdout | undefined)?.on('data', (chunk: Buffer) => {
      const fitting = chunk.subarray(0, buffer.length - numBytes);
      buffer.set(fitting, numBytes);
      numBytes += fitting.length;
    });
    (child.stderr as typeof child.stderr | undefined)?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(0, MAX_STDERR_LENGTH);
    });

    child.on('error', (error) => {
      failure ??= new PretextError('DECODE_FAILED', `ffmpeg could not be started: ${error.message}`, { cause: error });
      if (child.pid === undefined) settle(null);
    });
    child.on('close', settle);

    function settle(exitCode: number | null): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (failure) reject(failure);
      else if (exitCode === 0) resolve({ numBytes, stderr });
      else reject(new PretextError('DECODE_FAILED', `ffmpeg failed: ${describe(stderr) || `exit code ${exitCode}`}`));
    }
  });
}

function cancelled(): PretextError {
  return new PretextError('CANCELLED', 'Decoding was cancelled.');
}
