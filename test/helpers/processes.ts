// Real processes of the command, for tests that kill them.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { RunReport } from '../../coordinator/run/report.js';
import type { RunStatus } from '../../coordinator/run/status.js';
import { readCoordinatorUrl } from '../../scripts/actions/run-folders.js';

export const PRETEXT = fileURLToPath(new URL('../../scripts/pretext.js', import.meta.url));

export interface Process {
  readonly child: ChildProcess;
  /** What it has printed so far, stdout and stderr together. */
  output(): string;
  /** Resolves with the exit code, or null when a signal ended it. */
  readonly exited: Promise<number | null>;
}

export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pretext-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Starts `pretext ARGS`; killed when the test ends. */
export function startPretext(t: ExecutionContext, args: readonly string[], env: Readonly<Record<string, string>> = {}): Process {
  const child = spawn(process.execPath, [PRETEXT, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  t.teardown(() => {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    return exited;
  });
  return { child, output: () => output, exited };
}

/** Polls until `probe` gives something; fails the test after `timeoutMs`. */
export async function until<Value>(what: string, probe: () => Promise<Value | undefined> | Value | undefined, timeoutMs = 60_000): Promise<Value> {
  const endMs = performance.now() + timeoutMs;
  while (performance.now() < endMs) {
    const value = await probe();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`);
}

/** A port that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function fetchStatus(url: string): Promise<RunStatus | undefined> {
  const response = await fetch(new URL('/status', url)).catch(() => undefined);
  return response?.ok ? ((await response.json()) as RunStatus) : undefined;
}

export function untilStep(url: string, step: number): Promise<RunStatus> {
  return until(`step ${step}`, async () => {
    const status = await fetchStatus(url);
    return status && status.step >= step ? status : undefined;
  });
}

export async function readReport(out: string): Promise<RunReport> {
  return JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as RunReport;
}

export interface TestRun {
  readonly out: string;
  readonly url: string;
  readonly coordinator: Process;
  startWorker(name: string, ...flags: string[]): Process;
  /** Starts another coordinator on the same port, to go on with the run. */
  resume(): Process;
  /** Resolves with the report once the coordinator has ended with success. */
  finish(coordinator?: Process): Promise<RunReport>;
}

/** A coordinator on a port of its own, over a recipe given as flags. */
export async function startRun(t: ExecutionContext, data: string, flags: readonly string[]): Promise<TestRun> {
  const outFlag = flags.indexOf('--out');
  const out = outFlag < 0 ? join(await temporaryFolder(t), 'run') : flags[outFlag + 1]!;
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const listen = ['--listen', `127.0.0.1:${port}`, '--out', out];
  const coordinator = startPretext(t, ['coordinator', '--data', data, ...listen, ...flags]);
  await until('the coordinator listens', () => {
    if (coordinator.child.exitCode !== null) throw new Error(coordinator.output());
    return readCoordinatorUrl(out);
  });
  return {
    out,
    url,
    coordinator,
    startWorker: (name, ...flags) => startPretext(t, ['worker', '--join', url, '--name', name, '--data', data, ...flags]),
    resume: () => startPretext(t, ['coordinator', '--resume', ...listen]),
    async finish(last = coordinator) {
      const code = await last.exited;
      if (code !== 0) throw new Error(`the coordinator ended with ${code}:\n${last.output()}`);
      return readReport(out);
    },
  };
}
