// The driver of steps with honest workers and one that sends anything, without sockets: whatever it sends, in whatever order, the run
// ends with the sums that it would have had. Where steps are audited, that holds for numbers that are well formed and wrong as well.

import test from 'ava';
import { pino } from 'pino';
import type { StageEntry } from '../../coordinator/journal/entries.js';
import { createEpochPlan } from '../../coordinator/plan/epoch-plan.js';
import type { Peer } from '../../coordinator/replicas/peer.js';
import type { Findings } from '../../coordinator/step/audit/step-audit.js';
import { StepDriver } from '../../coordinator/step/driver.js';
import type { FromCoordinator, Message } from '../../shared/protocol/messages.js';
import { createRandom, type Random } from '../../shared/random/random.js';
import { createFakePeer, type FakePeer } from '../helpers/fake-peers.js';
import { IS_LONG } from '../helpers/long.js';

/** `npm run test:long` takes ten times as many. */
const SCHEDULES = IS_LONG ? 10_000 : 1000;
const STEPS = 3;
const MICROBATCHES = 4;
const LENGTH = 4;
const CHUNK = 2;
/** Virtual time between two events: a worker that does nothing is late after a few dozen. */
const EVENT_MS = 100;
const MAX_EVENTS = 5000;

const items = [0, 1, 2].map((index) => ({ index, path: `${index}.png`, kind: 'image' as const, bytes: 1, split: 'train' as const }));
const plan = createEpochPlan(items, { seed: 1, microbatches: MICROBATCHES, microbatchSize: 2, clipsPerVideo: 1 });
const log = pino({ level: 'silent' });

interface Actor extends FakePeer {
  /** How much of what it was sent it has read. */
  numRead: number;
  readonly leases: Map<number, Set<number>>;
}

interface Scene {
  readonly driver: StepDriver;
  readonly peers: Set<Peer>;
  readonly entries: StageEntry[];
  readonly random: Random;
  readonly clock: { nowMs: number };
  readonly audit: number;
  /** What the last audit found, until it is carried out. */
  findings: Findings | undefined;
  isFinished: boolean;
  numBorn: number;
  numLies: number;
}

function createScene(random: Random): Scene {
  const entries: StageEntry[] = [];
  const peers = new Set<Peer>();
  const clock = { nowMs: 0 };
  const audit = random.int(2);
  const scene: Scene = {
    peers, entries, random, clock, audit, findings: undefined, isFinished: false, numBorn: 0, numLies: 0,
    driver: new StepDriver({
      steps: STEPS, microbatches: MICROBATCHES, lookaheadSteps: random.int(3), chunkBytes: CHUNK * 4, reducer: 'treeSum', digestEverySteps: 0, audit, plan, peers, log,
      gradientLength: LENGTH, players: new Set(['main']), names: { terms: ['loss'], metrics: [] }, now: () => clock.nowMs,
      journal: { entries, append: (entry) => { entries.push(entry); return Promise.resolve(); } },
      onCommit() {}, onSamples() {},
      onAudited(_, findings) {
        scene.findings = findings;
        return !findings.isSumWrong && findings.undecided.length === 0;
      },
      onOverflow: ({ id }) => { throw new Error(`${id} sent a sum that is not finite`); },
      onFinished: () => { scene.isFinished = true; },
      onError: (error) => { throw error; },
    }),
  };
  scene.driver.open();
  return scene;
}

function come(scene: Scene, name: string): Actor {
  const actor: Actor = { ...createFakePeer(name), numRead: 0, leases: new Map() };
  scene.peers.add(actor.peer);
  scene.driver.join(actor.peer);
  return actor;
}

function putOut({ driver, peers }: Scene, { peer }: Actor): void {
  driver.leave(peer.id);
  driver.forget(peer.id);
  peers.delete(peer);
}

/** Takes note of leases that came and went. */
function read(actor: Actor): void {
  for (const message of actor.sent.slice(actor.numRead)) take(actor, message);
  actor.numRead = actor.sent.length;
}

function take({ leases }: Actor, message: FromCoordinator): void {
  if (message.type === 'lease') leases.set(message.step, new Set([...(leases.get(message.step) ?? []), ...message.microbatches.map(({ index }) => index)]));
  if (message.type === 'revoke') for (const microbatch of message.microbatches) leases.get(message.step)?.delete(microbatch);
  if (message.type === 'commit') leases.delete(message.step);
}

const countsOf = (step: number, microbatch: number): Message<'computed'> =>
  ({ type: 'computed', step, microbatch, weights: { samples: 2, main: 2 }, terms: { loss: { sum: step + microbatch, weight: 2 } }, metrics: {}, unusable: [], ms: 100 });

function sendSum({ driver }: Scene, { peer }: Actor, step: number, microbatch: number, error: number): void {
  for (let offset = 0; offset < LENGTH; offset += CHUNK) {
    const values = Float32Array.from({ length: CHUNK }, (_, i) => Math.sin(step * 100 + microbatch * 10 + offset + i) + error);
    driver.handlePartial(peer, { type: 'partial', step, level: 0, index: microbatch, offset, total: LENGTH }, values);
  }
}

/** Computes one microbatch of the step in progress and sends it: as it should, or with an error in it. */
function work(scene: Scene, actor: Actor, error = 0): void {
  read(actor);
  const step = scene.driver.committed + 1;
  const [microbatch] = actor.leases.get(step) ?? [];
  if (microbatch === undefined) return;
  actor.leases.get(step)!.delete(microbatch);
  scene.driver.handleComputed(actor.peer, countsOf(step, microbatch));
  sendSum(scene, actor, step, microbatch, error);
}

/** What follows from an audit, as the controller does it. Returns the workers that were wrong. */
function carryOut(scene: Scene, honest: readonly Actor[]): string[] {
  const { findings, driver } = scene;
  scene.findings = undefined;
  if (findings?.isSumWrong) {
    driver.close();
    driver.open();
    for (const actor of honest) {
      read(actor);
      actor.leases.clear();
      driver.join(actor.peer);
    }
  }
  return findings ? findings.wrong.map(({ worker }) => worker) : [];
}

/** Sends anything. Throws when it is put out for that. */
function misbehave(scene: Scene, actor: Actor): void {
  const { driver, random, audit } = scene;
  const { peer } = actor;
  // Never the same lie: it comes again by other names, and two that agree are believed.
  if (audit === 1 && random.chance(0.5)) return work(scene, actor, ++scene.numLies);
  const step = driver.committed + random.int(3);
  const microbatch = random.int(MICROBATCHES + 1);
  const odd = (): number => [0, 1, 2, 1e308, 1e-300, 3.5e38][random.int(6)]!;
  const name = ['main', 'samples', 'loss', 'constructor', 'x'][random.int(5)]!;
  const counts = countsOf(step, microbatch);
  switch (random.int(5)) {
    case 0: return driver.handleComputed(peer, counts);
    case 1: return driver.handleComputed(peer, { ...counts, weights: { samples: 1, [name]: odd() } });
    case 2: return driver.handleComputed(peer, { ...counts, terms: { [name]: { sum: odd(), weight: odd() } } });
    case 3: return driver.handlePartial(peer, { type: 'partial', step, level: random.int(31), index: random.int(6), offset: random.int(4), total: LENGTH }, new Float32Array(random.int(4)).fill(NaN));
    default: return driver.handlePartial(peer, { type: 'partial', step, level: 0, index: microbatch, offset: 0, total: LENGTH }, new Float32Array(CHUNK).fill(NaN));
  }
}

/** The journal of a run; `isDisturbed` puts one among its workers that sends anything and comes again when it is put out. */
async function runSchedule(random: Random, isDisturbed: boolean): Promise<readonly StageEntry[] | undefined> {
  const scene = createScene(random);
  const honest = ['a', 'b'].map((name) => come(scene, name));
  let crooked = isDisturbed ? come(scene, 'crooked-0') : undefined;
  for (let event = 0; event < MAX_EVENTS && !scene.isFinished; event++) {
    scene.clock.nowMs += EVENT_MS;
    const actor = random.int(3);
    if (actor < 2) work(scene, honest[actor]!);
    else if (crooked) {
      try {
        misbehave(scene, crooked);
      } catch {
        putOut(scene, crooked);
        crooked = come(scene, `crooked-${++scene.numBorn}`);
      }
    }
    scene.driver.tick();
    const wrong = carryOut(scene, honest);
    if (wrong.some((name) => !name.startsWith('crooked'))) throw new Error(`${wrong.join(', ')} were found wrong`);
    if (crooked && wrong.includes(crooked.peer.id)) {
      putOut(scene, crooked);
      crooked = come(scene, `crooked-${++scene.numBorn}`);
    }
    // The journal takes its entry.
    for (let i = 0; i < 8; i++) await Promise.resolve();
  }
  return scene.isFinished ? scene.entries : undefined;
}

const randomOf = (seed: number): Random => createRandom({ seed, epoch: 0, sample: 0, purpose: 'crooked' });

test('a worker that sends anything at any time holds nothing up and changes nothing, in every schedule', async (t) => {
  t.timeout(600_000);
  const expected = await runSchedule(randomOf(0), false);
  t.is(expected?.length, STEPS);
  const wrong: string[] = [];
  for (let seed = 0; seed < SCHEDULES; seed++) {
    const entries = await runSchedule(randomOf(seed), true);
    if (JSON.stringify(entries) !== JSON.stringify(expected)) wrong.push(`seed ${seed}: ${entries ? 'another journal' : 'no end'}`);
  }
  t.deepEqual(wrong, []);
});
