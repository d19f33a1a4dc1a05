// Examines a backend in another process: when a native library crashes or hangs there, the command goes on.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ProbeResult } from '../../worker/backends/backend.js';
import type { Speed } from './measure-speed.js';

/** What the process says; each part as soon as it is known. */
export interface Finding {
  readonly probe?: ProbeResult;
  readonly kind?: string;
  readonly speed?: Speed;
  /** The backend that `auto` takes. */
  readonly choice?: string;
  readonly problem?: string;
}

export interface ExamineOptions {
  readonly script?: URL;
  readonly timeoutMs?: number;
}

const SCRIPT = new URL('./inspect-backend.js', import.meta.url);
/** Loading CUDA takes tens of seconds on a cold disk; measuring about five. */
const TIMEOUT_MS = 90_000;

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

/** What a process found about a backend, or about `auto`; with `problem` when the process failed or gave no answer in time. Never throws. */
export async function examineBackend(name: string, { script = SCRIPT, timeoutMs = TIMEOUT_MS }: ExamineOptions = {}): Promise<Finding> {
  const child = fork(script, [name], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let finding: Finding = {};
  let stderr = '';
  let isLate = false;
  child.on('message', (part: Finding) => { finding = { ...finding, ...part }; });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { stderr = (stderr + text).slice(-4000); });
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const [code, signal] = await once(child, 'close') as [number | null, string | null];
  clearTimeout(timer);
  if (isLate) return { ...finding, problem: `gave no answer within ${timeoutMs / 1000} s` };
  if (code === 0) return finding;
  const end = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  return { ...finding, problem: stderr === '' ? end : `${end}: ${lastLine(stderr)}` };
}
