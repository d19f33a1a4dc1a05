// Which modules the processes and threads of Pretext load: the tensor library only where there are tensors, and nothing but
// commander before it is known what is to be done.

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { pathsOf } from '../../coordinator/run/folder.js';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { makeImages } from '../helpers/data.js';
import { findFreePort, startPretext, startRun, until, type Process } from '../helpers/processes.js';
import { makeTempFolder } from '../helpers/temp-folder.js';

const test = anyTest.serial as TestFn;

const HOOK = new URL('../fixtures/list-modules.js', import.meta.url).href;
const BUILD = fileURLToPath(new URL('../../', import.meta.url));
const FLAGS = [
  '--steps', '3', '--task', 'rotation', '--set', 'data.side=24', '--set', 'data.shortSide=28',
  '--set', 'batch.microbatches=2', '--set', 'batch.microbatchSize=2', '--set', 'evaluate.maxItems=4',
];

interface Thread {
  /** Script and arguments of its process. */
  readonly command: string;
  /** Files below build/ without their ending, and names of packages. */
  readonly modules: ReadonlySet<string>;
}

function nameModule(url: string): string[] {
  const inPackage = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (inPackage !== undefined) return [inPackage];
  return url.startsWith('file:') ? [fileURLToPath(url).replace(BUILD, '').replace(/\.js$/, '')] : [];
}

function readThread(text: string): Thread {
  const [command = '', ...urls] = text.trimEnd().split('\n');
  return { command, modules: new Set(urls.flatMap(nameModule)) };
}

interface Watch {
  readonly environment: Record<string, string>;
  /** Every thread of every process that was started with the environment, so far. */
  listThreads(): Promise<Thread[]>;
}

async function watchModules(t: ExecutionContext): Promise<Watch> {
  const folder = await makeTempFolder(t);
  return {
    environment: { NODE_OPTIONS: `--import=${HOOK}`, PRETEXT_MODULES_FOLDER: folder },
    listThreads: async () => Promise.all((await readdir(folder)).map(async (name) => readThread(await readFile(join(folder, name), 'utf8')))),
  };
}

const hasTensors = ({ modules }: Thread): boolean => [...modules].some((name) => name.startsWith('@tensorflow/'));

/** The packages that the only thread of a command loads. Checks how the command ends. */
async function packagesOf(t: ExecutionContext, args: readonly string[], code = 0): Promise<string[]> {
  const { environment, listThreads } = await watchModules(t);
  const command = startPretext(t, args, environment);
  t.is(await command.exited, code, command.output());
  const threads = await listThreads();
  t.is(threads.length, 1);
  const [{ modules }] = threads as [Thread];
  t.true(modules.has('scripts/pretext'));
  return [...modules].filter((name) => !name.includes('/') || name.startsWith('@'));
}

/** The thread that has loaded a module. */
function threadWith(threads: readonly Thread[], module: string): Thread {
  const found = threads.filter(({ modules }) => modules.has(module));
  if (found.length !== 1) throw new Error(`${found.length} threads loaded ${module}, expected one`);
  return found[0]!;
}

async function untilEnded(t: ExecutionContext, process: Process): Promise<void> {
  t.is(await process.exited, 0, process.output());
}

test('version and help load commander and nothing else', async (t) => {
  for (const args of [['--version'], ['--help'], ['run', '--help'], ['worker', '--help'], ['doctor', '--help']]) {
    t.deepEqual(await packagesOf(t, args), ['commander'], args.join(' '));
  }
});

test('a run loads the tensor library where there are tensors only', async (t) => {
  t.timeout(120_000);
  const data = await makeTempFolder(t);
  await makeImages(data);
  const out = join(await makeTempFolder(t), 'run');
  const { environment, listThreads } = await watchModules(t);
  await untilEnded(t, startPretext(t, ['run', '--data', data, '--out', out, '--backend', 'simd', ...FLAGS], environment));
  const threads = await listThreads();
  const withTensors = ['worker/compute/compute-thread', 'scripts/processes/evaluation', 'scripts/processes/pictures'].map((module) => threadWith(threads, module));
  for (const thread of withTensors) t.true(hasTensors(thread), thread.command);
  const others = ['scripts/pretext', 'scripts/processes/local-worker', 'worker/augment/prepare-thread'];
  for (const module of others) t.false(hasTensors(threadWith(threads, module)), module);
  t.deepEqual(threads.filter(hasTensors).length, withTensors.length);
  const page = await readFile(pathsOf(out).page, 'utf8');
  for (const part of ['worth', 'curves', 'puzzles', 'neighbours', 'workers', 'timing', 'provenance']) t.true(page.includes(`<section id="${part}"`), part);
  for (const args of [['verify', out], ['report', out, '--no-pictures']]) {
    const packages = await packagesOf(t, args);
    t.false(packages.some((name) => name.startsWith('@tensorflow')), args[0]);
  }
});

test('a coordinator loads no tensor library', async (t) => {
  const data = await makeTempFolder(t);
  await makeImages(data);
  const out = join(await makeTempFolder(t), 'run');
  const { environment, listThreads } = await watchModules(t);
  const coordinator = startPretext(t, ['coordinator', '--data', data, '--out', out, '--listen', '127.0.0.1:0', ...FLAGS], environment);
  await until('it listens', () => existsSync(pathsOf(out).coordinator) || undefined);
  coordinator.child.kill('SIGTERM');
  await coordinator.exited;
  const thread = threadWith(await listThreads(), 'scripts/pretext');
  t.true(thread.modules.has('coordinator/main'));
  t.false(hasTensors(thread));
});

test('status and logs load no tensor library', async (t) => {
  const data = await makeTempFolder(t);
  await makeImages(data);
  const run = await startRun(t, data, FLAGS);
  for (const args of [['status', run.out], ['logs', run.out]]) {
    const packages = await packagesOf(t, args);
    t.false(packages.some((name) => name.startsWith('@tensorflow')), args[0]);
  }
  await packagesOf(t, ['status', '--url', `http://127.0.0.1:${await findFreePort()}`], EXIT.unreachable);
});
