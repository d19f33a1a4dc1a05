// What a worker brings that joins late: a run on one worker of one thread, to which another comes in the middle. Real processes, real data;
// the speed is that of the run's own `metrics.ndjson`, before the second one and from when it has settled in.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, type Command } from 'commander';
import { pathsOf } from '../../coordinator/run/folder.js';
import type { RunStatus } from '../../coordinator/run/status.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { readCoordinatorUrl } from '../actions/run-folders.js';
import { jsonOption, parseCount } from '../commands/options.js';

const PRETEXT = fileURLToPath(new URL('../pretext.js', import.meta.url));
/** The first worker compiles in its first steps, the second one in its own. */
const WARM_UP_STEPS = 10;
const SETTLE_STEPS = 10;
const POLL_MS = 50;

interface JoinOptions {
  readonly data: string;
  readonly steps: number;
  readonly at: number;
}

interface StepLine {
  readonly step: number;
  readonly seconds: number;
}

interface JoinResult {
  /** Steps a second. */
  readonly alone: number;
  readonly together: number;
  readonly times: number;
  /** Step at which the second worker had given its first samples. */
  readonly joinedAt: number;
}

/** Steps a second from one step to another. */
function speedBetween(lines: readonly StepLine[], from: number, to: number): number {
  const secondsAt = (step: number): number => lines.find((line) => line.step === step)!.seconds;
  return (to - from) / (secondsAt(to) - secondsAt(from));
}

async function until<Value>(probe: () => Promise<Value | undefined> | Value | undefined): Promise<Value> {
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    await sleep(POLL_MS);
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

function throwOnFailure(children: readonly ChildProcess[]): void {
  if (children.some((child) => hasEnded(child) && child.exitCode !== 0)) throw new PretextError('WORKER_FAILED', 'A process of the run failed.', { hint: 'It said why.' });
}

/** Measures. Throws PretextError WORKER_FAILED when a process of the run fails, or the run ends before the second worker has settled in. */
async function benchJoin({ data, steps, at }: JoinOptions): Promise<JoinResult> {
  const folder = await mkdtemp(join(tmpdir(), 'pretext-bench-'));
  const out = join(folder, 'run');
  const children: ChildProcess[] = [];
  const start = (...args: string[]): ChildProcess => {
    const child = spawn(process.execPath, [PRETEXT, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(child);
    return child;
  };
  const startWorker = (url: string, name: string): ChildProcess =>
    start('worker', '--join', url, '--name', name, '--backend', 'simd', '--threads', '1', '--data', data, '--level', 'error');
  const watch = <Value>(probe: () => Promise<Value | undefined> | Value | undefined): Promise<Value> => until(() => {
    throwOnFailure(children);
    return probe();
  });
  try {
    const coordinator = start('coordinator', '--data', data, '--out', out, '--listen', '127.0.0.1:0', '--level', 'error', '--task', 'rotation',
      '--steps', String(steps), '--set', 'data.side=48', '--set', 'data.shortSide=56', '--set', 'batch.microbatches=16', '--set', 'batch.microbatchSize=8');
    const url = await watch(() => readCoordinatorUrl(out));
    const untilStatus = (isSo: (status: RunStatus) => boolean): Promise<RunStatus> => watch(async () => {
      if (hasEnded(coordinator)) throw new PretextError('WORKER_FAILED', 'The run was over before the second worker took part.', { hint: 'Give more --steps.' });
      const status = await fetch(new URL('/status', url)).then((response) => response.json() as Promise<RunStatus>, () => undefined);
      return status && isSo(status) ? status : undefined;
    });
    startWorker(url, 'early');
    await untilStatus(({ step }) => step >= at);
    startWorker(url, 'late');
    const { step: joinedAt } = await untilStatus(({ workers }) => workers.some(({ id, samples }) => id === 'late' && samples > 0));
    await watch(() => hasEnded(coordinator) || undefined);
    const lines = (await readFile(pathsOf(out).metrics, 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as StepLine);
    const settled = joinedAt + SETTLE_STEPS;
    if (settled >= steps) throw new PretextError('WORKER_FAILED', `The second worker joined at step ${joinedAt} of ${steps}: too late to be measured.`, { hint: 'Give more --steps.' });
    const [alone, together] = [speedBetween(lines, WARM_UP_STEPS, at), speedBetween(lines, settled, steps)];
    return { alone, together, times: together / alone, joinedAt };
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A step before which the first worker has compiled, so that its speed alone can be measured. */
function parseStart(text: string): number {
  const step = parseCount(text);
  if (step <= WARM_UP_STEPS) throw new InvalidArgumentError(`Expected a step after ${WARM_UP_STEPS}: the first ones compile.`);
  return step;
}

export function addJoinCommand(program: Command): void {
  program.command('join')
    .description('what a second worker of one thread brings that joins in the middle of a run; needs two cores of its own')
    .requiredOption('--data <dir>', 'folder of images')
    .option('--steps <n>', 'steps of the run', parseCount, 120)
    .option('--at <n>', 'step at which the second worker is started', parseStart, 30)
    .addOption(jsonOption('the result'))
    .action(async (flags: JoinOptions & { readonly json?: boolean }) => {
      const result = await benchJoin(flags);
      const { alone, together, times, joinedAt } = result;
      if (flags.json) console.log(JSON.stringify(result));
      else console.log(`steps/s: ${alone.toFixed(2)} alone, ${together.toFixed(2)} with another that joined at step ${joinedAt}: ${times.toFixed(2)} times`);
    });
}
