// Frames of any kind from workers that were greeted, that wait, and that are in step, beside honest ones: no crash, no hang, and digest and
// journal as without them. What is well-formed and only wrong in its numbers is left out: nobody can tell it from the truth.

import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import type { Random } from '../../shared/random/random.js';
import { VERSION } from '../../shared/version.js';
import { comeActive, comeGreeted, comeSilent, type CrookedWorker } from '../helpers/crooked-worker.js';
import { LAYOUT, LENGTH, referenceRun, startSite, startSlowWorker, type Site } from '../helpers/fake-site.js';
import { IS_LONG } from '../helpers/long.js';
import { freshRandom } from '../helpers/numerics.js';

/** `npm run test:long` sends a hundred times as many. */
const NUM_FRAMES = IS_LONG ? 200_000 : 2000;
const NUM_PEERS = 3;
/** Runs after which everything is compiled and every cache filled. */
const NUM_SETTLING_RUNS = IS_LONG ? 10 : 1;
const HONEST = ['honest', 'upright'];

const ODD: readonly unknown[] = [-1, 0, 1, 2, 3, 0.5, 7, 1e308, -1e308, NaN, Infinity, 2 ** 31, 2 ** 53, '', 'constructor', '__proto__', '\u202e', 'x'.repeat(5000), null, true, [], {}, [1], { sum: 1, weight: 1 }, new Uint8Array(9)];

/** A message of each type, as far as it can be known from outside. */
function plausible(random: Random, step: number): Record<string, unknown>[] {
  const place = { offset: 0, total: LENGTH };
  return [
    { type: 'hello', protocol: 1, version: VERSION, name: 'fuzz', backend: 'fake', host: 'test', pid: 1 },
    { type: 'ready', layout: LAYOUT },
    { type: 'synced', step },
    { type: 'computed', step, microbatch: random.int(6), weights: { samples: 2, main: 2 }, terms: { loss: { sum: 1, weight: 2 } }, metrics: {}, unusable: [], ms: 1 },
    { type: 'partial', step, level: random.int(4), index: random.int(6), ...place },
    { type: 'applied', step, phases: { dataWaitMs: 0, computeMs: 0, exchangeMs: 0, updateMs: 0 } },
    { type: 'snapshot', id: 1000, step, ...place },
    { type: 'digest', id: random.int(5), step, sha256: 'a'.repeat(64) },
    { type: 'log', records: ['{"level":30,"msg":"x"}', 'nonsense'], dropped: 0 },
    { type: 'leaving', reason: 'x' },
    { type: 'failed', code: 'NON_FINITE', message: 'x', step, microbatch: 77, final: random.chance(0.5) },
  ];
}

function mutate(random: Random, message: Record<string, unknown>): void {
  const keys = Object.keys(message);
  const key = keys[random.int(keys.length)]!;
  const kind = random.int(10);
  if (kind === 0) delete message[key];
  else if (kind === 1) message['more'] = ODD[random.int(ODD.length)];
  else message[key] = ODD[random.int(ODD.length)];
}

/** Numbers that no worker sends: they are not finite. */
function numbers(random: Random): Float32Array {
  return new Float32Array([0, 1, 1024, LENGTH % 1024, random.int(2000)][random.int(5)]!).fill(NaN);
}

/** What peers say together. */
interface Story {
  readonly site: Site;
  /** Steps of which one of them has sent a sum that is not finite: two that say the same would be believed. */
  readonly summed: Set<unknown>;
}

function sayAnything(worker: CrookedWorker, random: Random, { site, summed }: Story): void {
  const kind = random.int(10);
  if (kind === 0) {
    const bytes = Buffer.from(Array.from({ length: random.int(60) }, () => random.int(256)));
    worker.socket.send(bytes, { binary: random.chance(0.8) });
    return;
  }
  const messages = plausible(random, site.controller.committed + random.int(3));
  const message = messages[random.int(messages.length)]!;
  if (kind > 4) for (let count = 1 + random.int(2); count > 0; count--) mutate(random, message);
  // Two that say the same of a microbatch that they were leased would be believed.
  if (message['microbatch'] !== 77) message['final'] = false;
  const isBulk = message['type'] === 'partial' || message['type'] === 'snapshot';
  const isSaid = message['type'] === 'partial' && summed.has(message['step']);
  if (message['type'] === 'partial') summed.add(message['step']);
  worker.say(message, isBulk !== random.chance(0.1) ? (isSaid ? new Float32Array(0) : numbers(random)) : undefined);
}

/** Talks until it is put out, or has nothing more to say. Returns how many frames it sent. */
async function talk(worker: CrookedWorker, random: Random, story: Story): Promise<number> {
  let sent = 0;
  for (; sent < 200 && !worker.isClosed; sent++) {
    sayAnything(worker, random, story);
    // Most are put out by one frame; the rest is sent before it is known.
    if (random.chance(0.3)) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  worker.socket.terminate();
  return sent;
}

/** Bytes in use by the process after what is not needed any more has gone. */
async function heldBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // Sockets that are being closed hold theirs for a turn.
  await sleep(100);
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const COME = [comeGreeted, comeActive, (url: string) => comeSilent(url)];

/** Comes again and again until the run is over. Returns how many frames it sent. */
async function harass(story: Story, random: Random, isOver: () => boolean): Promise<number> {
  let sent = 0;
  for (let number = random.int(3); !isOver(); number++) {
    const worker = await COME[number % COME.length]!(story.site.url, `fuzz-${number}`).catch(() => undefined);
    if (worker) sent += await talk(worker, random, story);
  }
  return sent;
}

test('frames of any kind, from workers in every phase, change neither digest nor journal, and put nobody else out', async (t) => {
  t.timeout(IS_LONG ? 1_800_000 : 110_000);
  const { random, seed } = freshRandom();
  const { digest, commits } = await referenceRun(t);
  let [sent, runs] = [0, 0];
  let isEnded = false;
  // Else a test that has failed by its time-out would go on using a core, beside whatever comes next.
  t.teardown(() => { isEnded = true; });
  let settledBytes = 0;
  for (; sent < NUM_FRAMES; runs++) {
    const ends: (() => unknown)[] = [];
    const site = await startSite({ teardown: (end) => void ends.push(end), true: t.true });
    await Promise.all(HONEST.map((name) => startSlowWorker(site.url, name)));
    let isOver = false;
    void site.controller.finished.finally(() => { isOver = true; });
    const story: Story = { site, summed: new Set() };
    const talks = Array.from({ length: NUM_PEERS }, () => harass(story, random, () => isOver || isEnded));
    t.is((await site.finish()).digest, digest, `seed ${seed}, run ${runs}`);
    sent += (await Promise.all(talks)).reduce((sum, each) => sum + each, 0);
    t.deepEqual(site.commits(), commits, `seed ${seed}, run ${runs}`);
    const left = site.events.filter((event) => event.type === 'workerLeft' && HONEST.includes(event.worker));
    t.deepEqual(left, [], `seed ${seed}, run ${runs}`);
    for (const end of ends) await end();
    if (runs < NUM_SETTLING_RUNS) settledBytes = await heldBytes();
  }
  const grownBytes = await heldBytes() - settledBytes;
  t.log(`seed ${seed}: ${sent} frames in ${runs} runs; grown by ${(grownBytes / 2 ** 20).toFixed(1)} MiB since run ${Math.min(runs, NUM_SETTLING_RUNS)}`);
  t.true(grownBytes < 8 * 2 ** 20, 'memory grows');
});
