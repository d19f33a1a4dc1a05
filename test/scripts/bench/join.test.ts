// The benchmark of a late worker, as far as it does not have to measure: what it refuses, and that it ends with the run.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const BENCH = fileURLToPath(new URL('../../../scripts/bench/index.js', import.meta.url));

function runJoin(...args: string[]): Promise<{ readonly code: number; readonly stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [BENCH, 'join', ...args], { timeout: 60_000 }, (_, _stdout, stderr) => resolve({ code: child.exitCode ?? -1, stderr }));
  });
}

test('a run that cannot start ends the benchmark, with what the coordinator said', async (t) => {
  const { code, stderr } = await runJoin('--data', await makeTempFolder(t));
  t.is(code, 1);
  t.regex(stderr, /no video and no image/);
  t.regex(stderr, /A process of the run failed/);
});

test('steps that are no count, and a start among those that compile, are refused', async (t) => {
  for (const [option, value, message] of [['--steps', 'x', /whole number/], ['--at', '10', /after 10/], ['--at', '1.5', /whole number/]] as const) {
    const { code, stderr } = await runJoin('--data', '.', option, value);
    t.is(code, 2);
    t.regex(stderr, message);
  }
});
