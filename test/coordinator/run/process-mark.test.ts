import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import test from 'ava';
import { markProcess, probeProcess, readProcess } from '../../../coordinator/run/process-mark.js';
import { until } from '../../helpers/processes.js';

const hasProc = existsSync('/proc/self/stat');

test('this process lives, and one of its number that began at another time does not', async (t) => {
  const own = await markProcess();
  t.is(await probeProcess(own), 'alive');
  if (own.started === undefined) t.log('no /proc: when a process began is not known here');
  else t.is(await probeProcess({ ...own, started: own.started + 1 }), 'dead');
  t.is(await probeProcess({ ...own, host: 'elsewhere' }), 'unknown');
});

test('a process that has ended is dead, though nobody asks after it and its number is still listed', async (t) => {
  if (!hasProc) {
    t.log('skipped: there is no /proc here');
    return t.pass();
  }
  // The shell becomes a program that does not wait for the child it has.
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.teardown(() => parent.kill('SIGKILL'));
  const pid = Number(await new Promise((resolve) => parent.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))));
  const facts = await readProcess(pid);
  const mark = { ...(await markProcess()), pid, started: facts!.started };
  t.is(await probeProcess(mark), 'alive');
  await until('the child has ended', async () => ((await probeProcess(mark)) === 'dead' ? true : undefined), 10_000);
  t.notThrows(() => process.kill(pid, 0), 'its number is still listed');
});
