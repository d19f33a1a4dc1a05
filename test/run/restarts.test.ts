// Runs that nobody watches: killed at any moment and started again by the same line, until they are over; damaged, claimed twice, left behind.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { readCoordinatorUrl } from '../../scripts/actions/run-folders.js';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { makeImages } from '../helpers/data.js';
import { IS_LONG } from '../helpers/long.js';
import { freshRandom } from '../helpers/numerics.js';
import { PRETEXT, fetchStatus, findFreePort, readReport, startPretext, temporaryFolder, until, untilStep, type Process } from '../helpers/processes.js';
import { skipWithReason } from '../helpers/test-data.js';

const test = anyTest.serial as TestFn;

/** `npm run test:long` kills fifty times. */
const [KILLS, STEPS] = [50, 1500];
const FLAGS = [
  '--steps', String(STEPS), '--seed', '11', '--task', 'rotation', '--set', 'data.side=24', '--set', 'data.shortSide=28', '--set', 'batch.microbatches=5',
  '--set', 'batch.microbatchSize=4', '--set', 'checkpoint.everySteps=5', '--set', 'digest.everySteps=4',
];

interface Line {
  readonly out: string;
  readonly url: string;
  /** The same line every time. */
  startCoordinator(...flags: string[]): Process;
  startWorker(name: string): Process;
}

async function makeLine(t: ExecutionContext): Promise<Line> {
  const folder = await temporaryFolder(t);
  const [data, out] = [join(folder, 'data'), join(folder, 'run')];
  await makeImages(data);
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const line = ['coordinator', '--data', data, ...FLAGS, '--out', out, '--listen', `127.0.0.1:${port}`];
  return {
    out, url,
    startCoordinator: (...flags) => startPretext(t, [...line, ...flags]),
    startWorker: (name) => startPretext(t, ['worker', '--join', url, '--name', name, '--data', data]),
  };
}

/** Ends everything at once. */
async function killAll(processes: readonly Process[]): Promise<void> {
  for (const { child } of processes) child.kill('SIGKILL');
  await Promise.all(processes.map(({ exited }) => exited));
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at]! ^= 1;
  await writeFile(path, bytes);
}

test(`a run whose processes are all killed ${KILLS} times and started again by the same line gives the same bits; damage to its journal is found`, async (t) => {
  if (!IS_LONG) return skipWithReason(t, 'it takes a minute; test/run/finetune.test.ts kills and goes on too: npm run test:long');
  t.timeout(KILLS * 30_000 + 120_000);
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const undisturbed = await makeLine(t);
  const reference = undisturbed.startCoordinator('--resume-or-start');
  undisturbed.startWorker('alone');
  t.is(await reference.exited, EXIT.done, reference.output());
  const { digest } = await readReport(undisturbed.out);

  const line = await makeLine(t);
  let numKills = 0;
  for (; numKills < KILLS; numKills++) {
    const processes = [line.startCoordinator('--resume-or-start'), ...['a', 'b'].map((name) => line.startWorker(name))];
    // Also before it listens, while it lists, while workers join. The claim of the one before it names the same address.
    if (random.chance(0.7)) await until('it listens', async () => (await fetchStatus(line.url)) ?? (existsSync(join(line.out, 'report.json')) || undefined));
    // Once for certain between two checkpoints.
    if (numKills === 1) await untilStep(line.url, 7);
    await sleep(random.int(numKills === 1 ? 200 : 2000));
    if (processes[0]!.child.exitCode === EXIT.done) break;
    t.is(processes[0]!.child.exitCode, null, processes[0]!.output());
    await killAll(processes);
  }
  const last = line.startCoordinator('--resume-or-start');
  line.startWorker('last');
  t.is(await last.exited, EXIT.done, last.output());
  const report = await readReport(line.out);
  t.log(`killed ${numKills} times, ${report.rollbacks} rollbacks`);
  t.is(report.digest, digest);
  t.is(await startPretext(t, ['verify', line.out]).exited, EXIT.done);

  await tryFinished(t, line, digest);
  await tryDamage(t, line, digest);
});

/** A run that is over is over, whoever starts it again. */
async function tryFinished(t: ExecutionContext, { out, startCoordinator }: Line, digest: string): Promise<void> {
  const before = await readFile(join(out, 'report.json'), 'utf8');
  const again = startCoordinator('--resume-or-start');
  t.is(await again.exited, EXIT.done);
  t.true(again.output().includes(digest));
  t.is(await readFile(join(out, 'report.json'), 'utf8'), before);
  const other = startCoordinator('--resume-or-start', '--set', 'optimizer.learningRate=0.5');
  t.is(await other.exited, EXIT.usage);
  t.regex(other.output(), /optimizer\.learningRate: the run has 0\.05, given 0\.5/);
}

/** A flipped bit in the middle of the journal is refused with its line, and recovered from where that is wanted. */
async function tryDamage(t: ExecutionContext, { out, startCoordinator, startWorker }: Line, digest: string): Promise<void> {
  const journal = join(out, 'journal.ndjson');
  const text = await readFile(journal, 'latin1');
  const at = text.indexOf('"step":8') + 100;
  const where = new RegExp(`journal\\.ndjson:${text.slice(0, at).split('\n').length} \\(byte ${text.lastIndexOf('\n', at) + 1}\\): its check does not hold`);
  await flipByte(journal, at);
  const verify = startPretext(t, ['verify', out]);
  t.is(await verify.exited, EXIT.failed);
  t.regex(verify.output(), where);
  const refused = startCoordinator('--resume-or-start');
  t.is(await refused.exited, EXIT.unfit);
  t.regex(refused.output(), where);
  const recovered = startCoordinator('--resume-or-start', '--recover');
  startWorker('late');
  t.is(await recovered.exited, EXIT.done, recovered.output());
  t.is((await readReport(out)).digest, digest);
  t.is(await startPretext(t, ['verify', out]).exited, EXIT.done);
  t.true(existsSync(join(out, 'journal.damaged-1.ndjson')));
}

test('of two coordinators that start at once in one folder exactly one gets it, the other says who has', async (t) => {
  t.timeout(60_000);
  const line = await makeLine(t);
  const both = [line.startCoordinator('--listen', '127.0.0.1:0'), line.startCoordinator('--listen', '127.0.0.1:0')];
  const [loser, winner] = await Promise.race(both.map(async (each) => {
    await each.exited;
    return [each, both.find((other) => other !== each)!] as const;
  }));
  t.is(await loser.exited, EXIT.taken);
  t.regex(loser.output(), new RegExp(`Another coordinator \\(process ${winner.child.pid}\\) is at work in ".*run": on .+, since 2`));
  await until('the other listens', () => readCoordinatorUrl(line.out));
  winner.child.kill('SIGTERM');
  t.is(await winner.exited, EXIT.stopped, winner.output());
  t.false(existsSync(join(line.out, 'coordinator.json')));
});

/** A process and all below it. */
async function listTree(pid: number): Promise<number[]> {
  const below = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const trees = await Promise.all(below.split(' ').filter(Boolean).map((child) => listTree(Number(child))));
  return [pid, ...trees.flat()];
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** `pretext run` under a process of that name, as npm starts it, that saves nothing unless it is told to end. Resolves once it computes. */
async function startBelow(t: ExecutionContext, name: string, env: Readonly<Record<string, string>>): Promise<{ above: ChildProcess; tree: number[]; out: string }> {
  const folder = await temporaryFolder(t);
  const [data, out] = [join(folder, 'data'), join(folder, 'run')];
  await makeImages(data);
  const args = [PRETEXT, 'run', '--data', data, ...FLAGS, '--steps', '100000', '--set', 'checkpoint.everySteps=100000', '--out', out, '--workers', '2', '--level', 'error'];
  const program = `require('node:child_process').spawn(process.execPath, ${JSON.stringify(args)}, { stdio: 'ignore' }); setInterval(() => {}, 1000);`;
  const above = spawn(process.execPath, ['-e', program], { argv0: name, stdio: 'ignore', env: { ...process.env, ...env } });
  await untilStep(await until('it listens', () => readCoordinatorUrl(out)), 2);
  const tree = await listTree(above.pid!);
  t.teardown(() => { for (const pid of tree) if (isAlive(pid)) process.kill(pid, 'SIGKILL'); });
  return { above, tree, out };
}

test('when npm is killed, the run that it started ends with a checkpoint, and nothing is left of it', async (t) => {
  t.timeout(90_000);
  if (!existsSync('/proc/self/stat')) return skipWithReason(t, 'there is no /proc here');
  const { above, tree, out } = await startBelow(t, 'npm exec pretext', { npm_execpath: '/usr/bin/npm' });
  t.true(tree.length >= 4, String(tree));
  above.kill('SIGKILL');
  await once(above, 'exit');
  await until('all are gone', () => !tree.some(isAlive) || undefined, 12_000);
  t.regex(await readFile(join(out, 'logs', 'coordinator.ndjson'), 'utf8'), /checkpoint saved/);
});

test('when the process of a run is killed, its workers end', async (t) => {
  t.timeout(90_000);
  if (!existsSync('/proc/self/stat')) return skipWithReason(t, 'there is no /proc here');
  const { above, tree, out } = await startBelow(t, 'a shell', {});
  const [, command, ...workers] = tree as [number, number, ...number[]];
  t.true(workers.length >= 2);
  process.kill(command, 'SIGKILL');
  await until('all are gone', () => !workers.some(isAlive) || undefined, 10_000);
  above.kill('SIGKILL');
  t.notRegex(await readFile(join(out, 'logs', 'coordinator.ndjson'), 'utf8'), /checkpoint saved/);
});
