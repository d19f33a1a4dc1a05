// The step benchmark from its options to what it prints, on small images, with a script in the place of Python.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { InvalidArgumentError } from 'commander';
import { parseCounts, parseSeconds } from '../../../scripts/bench/options.js';
import { findPeer } from '../../../scripts/bench/peer.js';
import { listCases } from '../../../scripts/bench/step.js';
import { formatProfile, sumByName } from '../../../scripts/bench/step-profile.js';
import { createTable } from '../../../scripts/bench/step-table.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const BENCH = fileURLToPath(new URL('../../../scripts/bench/index.js', import.meta.url));

const TIMES = { medianMs: 2, bestMs: 1 };

/** A program that answers as Python with PyTorch does: what it is, then what this shell text prints. */
async function createPython(t: ExecutionContext, step: string): Promise<string> {
  const file = join(await makeTempFolder(t), 'python');
  writeFileSync(file, `#!/bin/sh\nif [ "$1" = -c ]; then echo '{"version":"9.9","gpu":null}'; else ${step}; fi\n`, { mode: 0o755 });
  return file;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runBench(python: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, PRETEXT_PYTHON: python };
    const child = execFile(process.execPath, [BENCH, 'step', ...args], { env }, (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }));
  });
}

const SMALL = ['convnet-batch', '--backend', 'simd', '--side', '8', '--batch', '2', '--seconds', '0'];

test('--json prints a line with both times of the same network', async (t) => {
  const python = await createPython(t, `echo '${JSON.stringify({ numParameters: 94_762, times: { fp32: TIMES } })}'`);
  const { code, stdout } = await runBench(python, [...SMALL, '--json']);
  t.is(code, 0);
  const row = JSON.parse(stdout) as { readonly backend: string; readonly ours: { readonly medianMs: number } };
  t.like(row, { peer: 'PyTorch 9.9 on the processor', network: 'convnet-batch', side: 8, batch: 2, numParameters: 94_762, fp32: TIMES, problems: [] });
  t.regex(row.backend, /^simd\//);
  t.true(row.ours.medianMs > 0);
});

test('a peer that trains another network is an error', async (t) => {
  const python = await createPython(t, `echo '${JSON.stringify({ numParameters: 94_761, times: { fp32: TIMES } })}'`);
  const { code, stderr } = await runBench(python, SMALL);
  t.is(code, 1);
  t.regex(stderr, /94762 parameters, its 94761/);
});

test('a peer without memory is told, and the rest goes on', async (t) => {
  const python = await createPython(t, 'echo "RuntimeError: out of memory" >&2; exit 1');
  const { code, stdout, stderr } = await runBench(python, [...SMALL, '--batch', '2,3']);
  t.is(code, 0);
  t.is(stderr, [2, 3].map((batch) => `convnet-batch, 8 px, batch ${batch}: PyTorch: RuntimeError: out of memory\n`).join(''));
  t.is(stdout.split('\n').filter((line) => /^\| convnet-batch .* [\d.]+ \([\d.]+\) .*\| - /.test(line)).length, 2);
});

test('images that do not fit our memory are told, and the rest goes on', async (t) => {
  const { code, stdout, stderr } = await runBench('none', [...SMALL, '--side', '100000,8']);
  t.is(code, 0);
  t.regex(stderr, /^convnet-batch, 100000 px, batch 2: .*length.*\n$/);
  const [first, second] = stdout.trim().split('\n').slice(-2);
  t.regex(first!, /100000 +\| 2 +\| - +\| - +\|$/);
  t.regex(second!, /8 +\| 2 +\| \d+ +\| [\d.]+ \([\d.]+\) +\|$/);
});

test('a GPU is never compared with a processor', async (t) => {
  process.env.PRETEXT_PYTHON = await createPython(t, 'exit 1');
  t.like(findPeer('cpu'), { device: 'cpu' });
  const peer = findPeer('gpu');
  t.regex('problem' in peer ? peer.problem : '', /9\.9 .* no CUDA/);
});

test('cases are every network at every side and batch', (t) => {
  const list = (sides?: readonly number[]) => listCases(['convnet-batch', 'resnet18-group'], [64, 256], sides)
    .map(({ network: { name, side }, batch }) => `${name} ${side} ${batch}`);
  t.deepEqual(list(), ['convnet-batch 32 64', 'convnet-batch 32 256', 'resnet18-group 64 64', 'resnet18-group 64 256']);
  t.is(list([64, 224]).length, 8);
});

test('counts and seconds are read, and nonsense is refused', (t) => {
  t.deepEqual(parseCounts('64, 256'), [64, 256]);
  t.is(parseSeconds('0.5'), 0.5);
  for (const text of ['', '64,', 'a', '0', '1.5', '64;256']) t.throws(() => parseCounts(text), { instanceOf: InvalidArgumentError }, text);
  for (const text of ['', '-1', 'x', '9999']) t.throws(() => parseSeconds(text), { instanceOf: InvalidArgumentError }, text);
});

test('the table is Markdown: on CUDA with both arithmetics, and dashes for what is missing', (t) => {
  const table = createTable('cuda');
  const row = { network: 'resnet50-batch', side: 224, batch: 64, numParameters: 1, firstMs: 900, ours: { medianMs: 30, bestMs: 20 }, problems: [] };
  const cells = (line: string): string[] => line.split('|').map((cell) => cell.trim()).slice(1, -1);
  t.deepEqual(cells(table.header.split('\n')[0]!), [
    'network', 'side', 'batch', 'first step, ms', 'ms (best)', 'PyTorch fp32, ms (best)', 'ratio (best)', 'PyTorch TF32, ms (best)', 'ratio (best)',
  ]);
  t.deepEqual(cells(table.format({ ...row, fp32: { medianMs: 20, bestMs: 16 }, tf32: undefined })), [
    'resnet50-batch', '224', '64', '900', '30.0 (20.0)', '20.0 (16.0)', '1.50 (1.25)', '-', '-',
  ]);
  t.is(cells(createTable(undefined).header.split('\n')[0]!).length, 5);
});

test('a profile sums calls by name, per step, and sets them against the step', (t) => {
  const kernels = sumByName([{ name: 'a', ms: 1 }, { name: 'b', ms: 6 }, { name: 'a', ms: 1 }], 2);
  t.deepEqual(kernels, [{ name: 'b', numCalls: 0.5, ms: 3 }, { name: 'a', numCalls: 1, ms: 1 }]);
  const [first, second] = formatProfile({ stepMs: 5, kernels, shapes: [] }).split('\n');
  t.is(first, 'step 5.0 ms; its kernels, one by one, 4.0 ms');
  t.regex(second!, /^ *3\.000 ms +75\.0 % .* b$/);
});
