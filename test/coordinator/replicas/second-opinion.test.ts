// What is asked of the coordinator's own copy, and what a worker comes to whose trouble was its own.

import test from 'ava';
import { pino } from 'pino';
import { createEpochPlan } from '../../../coordinator/plan/epoch-plan.js';
import type { Peer } from '../../../coordinator/replicas/peer.js';
import { SecondOpinion, type SecondOpinionOptions, type Trial } from '../../../coordinator/replicas/second-opinion.js';
import { createWorkRights } from '../../../coordinator/step/rights.js';
import { CLOSE } from '../../../shared/protocol/close-codes.js';
import type { LeasedSample, Message } from '../../../shared/protocol/messages.js';
import { createFakePeer, type FakePeer } from '../../helpers/fake-peers.js';

const items = [0, 1, 2, 3].map((index) => ({ index, path: `${index}.png`, kind: 'image' as const, bytes: 1, split: 'train' as const }));
const plan = createEpochPlan(items, { seed: 1, microbatches: 2, microbatchSize: 2, clipsPerVideo: 1 });
const [first, second] = plan.microbatch(1, 0) as unknown as readonly [LeasedSample, LeasedSample];

const unusable = ({ position, item, path }: Pick<LeasedSample, 'position' | 'item' | 'path'>, code: string): Message<'computed'>['unusable'][number] => ({ position, item, path, code, reason: 'so it is' });
const computed = (...samples: Message<'computed'>['unusable']): Message<'computed'> =>
  ({ type: 'computed', step: 1, microbatch: 0, weights: { samples: 0 }, terms: {}, metrics: {}, unusable: samples, ms: 1 });

const QUIET: SecondOpinionOptions = {
  plan, log: pino({ level: 'silent' }), peers: new Set(), driver: { handleComputed() {} }, membership: { expel() {} }, isOver: () => false,
};

interface Bench {
  readonly opinion: SecondOpinion;
  readonly tried: string[];
  /** Counts that were taken. */
  readonly counted: Message<'computed'>[];
  /** A worker with a lease of the first microbatch. */
  come(session?: string): FakePeer;
}

function createBench(verdictOf: ((path: string) => 'usable' | 'unusable' | 'unknown') | undefined): Bench {
  const [tried, counted]: [string[], Message<'computed'>[]] = [[], []];
  const peers = new Set<Peer>();
  const trial: Trial | undefined = verdictOf && {
    try({ path }, code) {
      tried.push(`${path} ${code}`);
      return Promise.resolve(verdictOf(path));
    },
    dispose: () => Promise.resolve(),
  };
  const opinion = new SecondOpinion({ ...QUIET, peers, driver: { handleComputed: (_peer, message) => void counted.push(message) }, ...(trial && { trial }) });
  return {
    opinion, tried, counted,
    come(session = 's') {
      const rights = createWorkRights({ microbatches: 2, gradientLength: 4 });
      rights.grant({ step: 1, microbatches: [0] });
      const made = createFakePeer('w', { rights, session });
      peers.add(made.peer);
      return made;
    },
  };
}

test('what could not be read of a lease is looked at, what made no puzzle or was not leased is not', async (t) => {
  const bench = createBench(() => 'unusable');
  const { peer } = bench.come();
  const unread = computed(unusable(first, 'DECODE_FAILED'));
  for (const message of [unread, computed(unusable(first, 'NO_PUZZLE'), unusable(second, 'DATA_MISSING'))]) await bench.opinion.take(peer, message);
  t.deepEqual(bench.tried, [`${first.path} DECODE_FAILED`, `${second.path} DATA_MISSING`]);
  const apart = [[peer, computed()], [peer, computed(unusable(first, 'NO_PUZZLE'))], [createFakePeer('x').peer, unread], [peer, { ...unread, microbatch: 1 }]] as const;
  for (const [each, message] of apart) t.is(bench.opinion.take(each, message), undefined, 'it is taken at once');
  t.is(bench.tried.length, 2);
  t.is(bench.counted.length, 6);
  const without = createBench(undefined);
  t.is(without.opinion.take(without.come().peer, unread), undefined);
  t.is(without.counted.length, 1);
});

test('samples are tried until one can be used, and then nothing counts; those that are not of the microbatch are for others to refuse', async (t) => {
  const bench = createBench((path) => (path === second.path ? 'usable' : 'unusable'));
  const { peer, closed } = bench.come();
  await bench.opinion.take(peer, computed(unusable({ position: 99, item: 0, path: '../x' }, 'DECODE_FAILED'), unusable(first, 'DATA_CHANGED'), unusable(second, 'DECODE_LIMIT')));
  t.deepEqual(bench.tried, [`${first.path} DATA_CHANGED`, `${second.path} DECODE_LIMIT`]);
  t.deepEqual([bench.counted.length, closed.length], [0, 1]);
  t.true(closed[0]!.includes(second.path));
});

test('where the coordinator has no copy, or finds the same, the word of the worker stands', async (t) => {
  for (const verdict of ['unusable', 'unknown'] as const) {
    const bench = createBench(() => verdict);
    const { peer, closed } = bench.come();
    await bench.opinion.take(peer, computed(unusable(first, 'DECODE_FAILED')));
    t.deepEqual([bench.counted.length, closed.length], [1, 0]);
  }
});

test('a worker that comes back with the same trouble is told to stay away the third time', async (t) => {
  const bench = createBench(() => 'usable');
  const codes: number[] = [];
  for (const session of ['a', 'a', 'b', 'a']) {
    const { peer, closed } = bench.come(session);
    await bench.opinion.take(peer, computed(unusable(first, 'DECODE_FAILED')));
    codes.push(Number(closed[0]!.slice(0, 4)));
  }
  t.deepEqual(codes, [CLOSE.restarting, CLOSE.restarting, CLOSE.restarting, CLOSE.refused]);
});
