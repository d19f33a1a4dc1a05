// Runs one ffmpeg or ffprobe within limits and waits until it is gone. Leaves out what is asked of it.
//
// Not through fluent-ffmpeg: its ffprobe gives no handle on the process, and its run throws where nobody can catch when a
// process cannot be started (no descriptors left). It builds the arguments, which is what it is good at (worker/decode/clip.ts).

import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { PretextError } from '../errors/pretext-error.js';
import { firstMessage } from './ffmpeg-input.js';

export interface ProcessOptions {
  /** The file that is worked on, for messages. */
  readonly path: string;
  /** By the clock. */
  readonly timeoutMs: number;
  /** Processor time after which the program was told to end itself. */
  readonly processorMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Takes standard output as it comes. What it throws ends the process. */
  readonly onOutput: (chunk: Uint8Array) => void;
}

const MAX_STDERR_LENGTH = 4096;
/** What a program brings on itself over a file; any other signal came from somebody else, such as a system without memory. */
const CRASHES: ReadonlySet<string> = new Set(['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGSYS', 'SIGTRAP']);

/**
 * Runs a program to its end and resolves to the beginning of its standard error. The process is gone when the promise
 * settles. Throws PretextError DECODE_TIMEOUT, CANCELLED or what `onOutput` threw when it was killed (SIGKILL); WORKER_FAILED where it
 * could not be started or somebody else killed it; DECODE_LIMIT where it used up its processor time; DECODE_FAILED for any other end
 * than exit code 0, whose cause is the beginning of its standard error.
 */
export function runProgram(program: string, args: readonly string[], options: ProcessOptions): Promise<string> {
  const { path, timeoutMs, processorMs = Infinity, signal, onOutput } = options;
  const name = basename(program);
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(cancelled());
      return;
    }
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    let stderr = '';
    let failure: Error | undefined;

    function kill(error: Error): void {
      failure ??= error;
      child.kill('SIGKILL');
    }
    const onAbort = (): void => kill(cancelled());
    const timer = setTimeout(() => kill(new PretextError('DECODE_TIMEOUT', `${name} was killed after ${timeoutMs} ms.`)), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });

    // Both streams are undefined when the process could not be started; 'error' comes then.
    (child.stdout as typeof child.stdout | undefined)?.on('data', (chunk: Uint8Array) => {
      try {
        if (failure === undefined) onOutput(chunk);
      } catch (error) {
        kill(error as Error);
      }
    });
    (child.stderr as typeof child.stderr | undefined)?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(0, MAX_STDERR_LENGTH);
    });

    child.on('error', (error) => {
      failure ??= new PretextError('WORKER_FAILED', `${name} could not be started: ${error.message}`, { cause: error });
      if (child.pid === undefined) settle(null, null);
    });
    child.on('close', settle);

    function settle(exitCode: number | null, killedBy: NodeJS.Signals | null): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (failure !== undefined) reject(failure);
      else if (exitCode === 0) resolve(stderr);
      // Told to end itself it exits, or the system kills it when it does not; before that time nobody but others can have ended it.
      else if (performance.now() - startMs >= processorMs) reject(new PretextError('DECODE_LIMIT', `${name} took more than ${processorMs} ms of processor time.`));
      else if (killedBy !== null) reject(explainSignal(name, killedBy));
      else reject(new PretextError('DECODE_FAILED', `${name} failed: ${firstMessage(stderr, path) || `exit code ${exitCode}`}`, { cause: stderr }));
    }
  });
}

function explainSignal(name: string, killedBy: NodeJS.Signals): PretextError {
  if (CRASHES.has(killedBy)) return new PretextError('DECODE_FAILED', `${name} crashed (${killedBy}).`);
  return new PretextError('WORKER_FAILED', `${name} was killed by ${killedBy}: is the machine out of memory?`);
}

function cancelled(): PretextError {
  return new PretextError('CANCELLED', 'Reading the file was cancelled.');
}
