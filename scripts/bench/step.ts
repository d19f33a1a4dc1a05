// `npm run bench step`: the time of a training step of fixed networks, beside PyTorch's on the same kind of device in the same run.
// With `--workers N`, what N processes or N threads bring instead; with `--profile`, where the time goes.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Argument, Option, type Command } from 'commander';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import type { BackendName } from '../../worker/backends/index.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { backendOption, jsonOption, parseCount, threadsOption } from '../commands/options.js';
import { median } from '../data/median.js';
import type { Times, Timing } from './measure.js';
import { findNetworks, networks } from './networks.js';
import type { Network } from './networks.js';
import { cpuOption, parseCounts, readTiming, secondsOption } from './options.js';
import type { TimingFlags } from './options.js';
import { findPeer, measurePeerStep } from './peer.js';
import type { Peer, PeerStep } from './peer.js';
import { benchScaling } from './scaling.js';
import { formatProfile } from './step-profile.js';
import { createTable } from './step-table.js';
import type { Row } from './step-table.js';
import type { Answers, Job, Reply, Turn } from './step-worker.js';
import { BATCH } from './train.js';

const WORKER = fileURLToPath(new URL('./step-worker.js', import.meta.url));

/** Our turns and the peer's alternate, so that a busy spell of the machine falls on both. A GPU is taken to have no other work. */
const ROUNDS = { cpu: 3, gpu: 1 } as const;
const DEFAULT_NETWORKS = ['convnet', 'resnet18'];

const EXAMPLES = `
The networks are ${networks.map(({ name }) => name).join(', ')};
part of a name is enough. Where ours computes on a GPU so does PyTorch, eager and in its default layout, without TF32 and with it.
The table is Markdown. It has medians, and the best in parentheses; a ratio is our time by PyTorch's.

Examples:
  npm run bench step
  npm run bench step -- resnet18-batch resnet50-batch --batch 64,256 --side 64,224
  npm run bench step -- resnet50-batch --batch 64 --side 224 --profile
  npm run bench step -- convnet --workers 2 --cpu
`;

interface Flags extends TimingFlags {
  readonly backend: string;
  readonly threads: number;
  readonly batch: readonly number[];
  readonly side?: readonly number[];
  readonly profile?: boolean;
  readonly workers?: number;
  readonly json?: boolean;
}

export interface Case {
  readonly network: Network;
  readonly batch: number;
}

/** Every network at every side and batch. Without sides each has its own. */
export function listCases(names: readonly string[], batches: readonly number[], sides?: readonly number[]): Case[] {
  return findNetworks(names)
    .flatMap((network) => (sides ?? [network.side]).map((side) => ({ ...network, side })))
    .flatMap((network) => batches.map((batch) => ({ network, batch })));
}

interface Setup {
  readonly backend: BackendName;
  readonly threads: number;
  readonly timing: Timing;
}

/** Asks a process of its own. Throws an Error where it fails or ends without an answer. */
async function ask<Type extends Job['type']>(job: Job & { readonly type: Type }): Promise<Answers[Type]> {
  const child = fork(WORKER);
  child.send(job);
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const answered = once(child, 'message') as Promise<[Reply<Type>]>;
  const [reply] = await Promise.race([answered, exited.then(([code, signal]): [Reply<Type>] => [{ problem: `the process ended with ${signal ?? code}` }])]);
  child.kill();
  await exited;
  if ('problem' in reply) throw new Error(reply.problem);
  return reply.answer;
}

function combine(rounds: readonly (Times | undefined)[]): Times | undefined {
  const times = rounds.filter((each) => each !== undefined);
  if (times.length === 0) return undefined;
  return { medianMs: median(times.map(({ medianMs }) => medianMs)), bestMs: Math.min(...times.map(({ bestMs }) => bestMs)) };
}

function throwOnDifference(ours: Turn | undefined, theirs: PeerStep | undefined): void {
  if (!ours || !theirs || ours.numParameters === theirs.numParameters) return;
  throw new Error(`expected the same network in PyTorch: ours has ${ours.numParameters} parameters, its ${theirs.numParameters}`);
}

/** Undefined where it failed, because memory ran out for example; `problems` then has the reason. */
async function attempt<Result>(run: () => Result | Promise<Result>, problems: string[]): Promise<Result | undefined> {
  try {
    return await run();
  } catch (error) {
    problems.push(messageOf(error));
    return undefined;
  }
}

async function measureCase(setup: Setup, peer: Peer, numRounds: number, testCase: Case): Promise<Row> {
  const { threads, timing } = setup;
  const { network, batch } = testCase;
  const problems: string[] = [];
  const ours: (Turn | undefined)[] = [];
  const theirs: (PeerStep | undefined)[] = [];
  const job = { ...setup, network, batch };
  for (let round = 0; round < numRounds && problems.length === 0; round++) {
    ours.push(await attempt(() => ask({ type: 'measure', ...job }), problems));
    if ('problem' in peer) continue;
    theirs.push(await attempt(() => measurePeerStep({ network, batch, device: peer.device, threads, ...timing }), problems));
  }
  throwOnDifference(ours[0], theirs[0]);
  return {
    network: network.name, side: network.side, batch, numParameters: ours[0]?.numParameters, firstMs: ours[0]?.firstMs,
    ours: combine(ours.map((turn) => turn?.times)),
    fp32: combine(theirs.map((step) => step?.times.fp32)),
    tf32: combine(theirs.map((step) => step?.times.tf32)),
    problems,
  };
}

const nameCase = ({ network, side, batch }: Pick<Row, 'network' | 'side' | 'batch'>): string => `${network}, ${side} px, batch ${batch}`;

async function profileCases(setup: Setup, cases: readonly Case[], isJson: boolean): Promise<void> {
  if (setup.backend !== 'simd' && setup.backend !== 'webgpu') {
    throw new PretextError('BAD_ARGUMENT', `expected backend simd or webgpu for a profile, got '${setup.backend}'`, { hint: 'Only their kernels are timed.' });
  }
  for (const { network, batch } of cases) {
    const named = { network: network.name, side: network.side, batch };
    const problems: string[] = [];
    const profile = await attempt(() => ask({ type: 'profile', ...setup, network, batch }), problems);
    if (isJson) console.log(JSON.stringify({ ...named, ...profile, problems }));
    else console.log(`${nameCase(named)}: ${profile ? formatProfile(profile) : problems.join()}`);
  }
}

async function benchStep(names: readonly string[], flags: Flags): Promise<void> {
  const { threads, profile = false, workers, json = false } = flags;
  const cases = listCases(names, flags.batch, flags.side);
  const timing = readTiming(flags);
  const backend = await chooseBackend(flags.backend);
  if (workers !== undefined) {
    for (const { network, batch } of cases) await benchScaling({ backend, network, batch, workers, ...timing });
    return;
  }
  const setup = { backend, threads, timing };
  if (profile) return profileCases(setup, cases, json);
  const kind = await ask({ type: 'describe', backend, threads });
  const probe = await backends[backend].probe();
  const device = probe.available && probe.devices[0]?.kind === 'gpu' ? 'gpu' : 'cpu';
  const peer = findPeer(device);
  const about = { backend: kind, threads, clock: timing.clock, peer: 'problem' in peer ? peer.problem : peer.description };
  const table = createTable('problem' in peer ? undefined : peer.device);
  if (!json) console.log(`backend ${kind}, ${threads} thread(s), ${timing.clock} time; ${about.peer}\n\n${table.header}`);
  for (const testCase of cases) {
    const row = await measureCase(setup, peer, ROUNDS[device], testCase);
    console.log(json ? JSON.stringify({ ...about, ...row }) : table.format(row));
    if (!json) for (const problem of row.problems) console.error(`${nameCase(row)}: ${problem}`);
  }
}

export function addStepCommand(program: Command): void {
  program
    .command('step')
    .description('time a training step of fixed networks')
    .usage('-- [options] [networks...]')
    .addArgument(new Argument('[networks...]', 'parts of their names').default(DEFAULT_NETWORKS, DEFAULT_NETWORKS.join(', ')))
    .addOption(backendOption())
    .addOption(threadsOption())
    .option('--batch <list>', 'images of a step; several with commas', parseCounts, [BATCH])
    .option('--side <list>', "height and width of the images (default: the network's own)", parseCounts)
    .addOption(secondsOption(3))
    .addOption(cpuOption())
    .option('--profile', 'where the time goes, by kernel')
    .addOption(new Option('--workers <n>', 'what so many processes or threads bring').argParser(parseCount).conflicts(['profile', 'json']))
    .addOption(jsonOption('a line for each network'))
    .addHelpText('after', EXAMPLES)
    .action(benchStep);
}
