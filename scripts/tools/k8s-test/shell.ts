// Commands that the test on a cluster runs, and waiting for what they bring about.

import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ShellOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Ends the command, as SIGTERM does. */
  readonly signal?: AbortSignal;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const TIMEOUT_MS = 120_000;

/** Runs a command to its end, whatever that is. */
export function tryCommand(command: string, args: readonly string[], { env, input, timeoutMs = TIMEOUT_MS, signal }: ShellOptions = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'pipe', timeout: timeoutMs });
    // Not an option of spawn, which would not wait for the end.
    signal?.addEventListener('abort', () => child.kill());
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
    child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
    child.on('error', (error) => resolve({ code: null, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.on('error', () => undefined).end(input);
  });
}

/** Runs a command and gives what it printed. Throws when it fails. */
export async function runCommand(command: string, args: readonly string[], options: ShellOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.slice(0, 4).join(' ')} ended with ${code}: ${(stderr || stdout).trim().split('\n').slice(-3).join(' ')}`);
  return stdout;
}

/** Asks until there is an answer. Throws after the time. */
export async function until<Value>(what: string, ask: () => Promise<Value | undefined>, timeoutMs: number): Promise<Value> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    if (performance.now() > endMs) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await sleep(500);
  }
}
