// What is asked of the coordinator's own copy, and what a worker comes to whose trouble was its own.

import test from 'ava';
import { pino } from 'pino';
import { createEpochPlan } from '../../../coordinator/plan/epoch-plan.js';
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
}

function createBench(verdictOf: (path: string) => 'usable' | 'unusable' | 'unknown'): Bench {
  const tried: string[] = [];
  const trial: Trial = {
    try({ path }, code) {
      tried.push(`${path} ${code}`);
      return Promise.resolve(verdictOf(path));
    },
    dispose: () => Promise.resolve(),
  };
  return { opinion: new SecondOpinion({ ...QUIET, trial }), tried };
}

function createHolder(session = 's'): FakePeer {
  const rights = createWorkRights({ microbatches: 2, gradientLength: 4 });
  rights.grant({ step: 1, microbatches: [0] });
  return createFakePeer('w', { rights, session });
}

test('what could not be read of a lease is looked at, what made no puzzle or was not leased is not', (t) => {
  const { opinion } = createBench(() => 'usable');
  const { peer } = createHolder();
  t.true(opinion.isNeeded(peer, computed(unusable(first, 'DECODE_FAILED'))));
  t.true(opinion.isNeeded(peer, computed(unusable(first, 'NO_PUZZLE'), unusable(second, 'DATA_MISSING'))));
  t.false(opinion.isNeeded(peer, computed()));
  t.false(opinion.isNeeded(peer, computed(unusable(first, 'NO_PUZZLE'))));
  t.false(opinion.isNeeded(createFakePeer('x').peer, computed(unusable(first, 'DECODE_FAILED'))));
  t.false(opinion.isNeeded(peer, { ...computed(unusable(first, 'DECODE_FAILED')), microbatch: 1 }));
  const without = new SecondOpinion(QUIET);
  t.false(without.isNeeded(peer, computed(unusable(first, 'DECODE_FAILED'))));
});

test('samples are tried until one can be used; those that are not of the microbatch are for others to refuse', async (t) => {
  const { opinion, tried } = createBench((path) => (path === second.path ? 'usable' : 'unusable'));
  const samples = [unusable({ position: 99, item: 0, path: '../x' }, 'DECODE_FAILED'), unusable(first, 'DATA_CHANGED'), unusable(second, 'DECODE_LIMIT')];
  t.is(await opinion.findUsable(computed(...samples)), samples[2]);
  t.deepEqual(tried, [`${first.path} DATA_CHANGED`, `${second.path} DECODE_LIMIT`]);
});

test('where the coordinator has no copy the word of the worker stands', async (t) => {
  for (const verdict of ['unusable', 'unknown'] as const) {
    t.is(await createBench(() => verdict).opinion.findUsable(computed(unusable(first, 'DECODE_FAILED'))), undefined);
  }
});

test('a worker that comes back with the same trouble is told to stay away the third time', (t) => {
  const { opinion } = createBench(() => 'usable');
  const codes = ['a', 'a', 'b', 'a'].map((session) => {
    const { peer, closed } = createHolder(session);
    opinion.refuse(peer, unusable(first, 'DECODE_FAILED'));
    return Number(closed[0]!.slice(0, 4));
  });
  t.deepEqual(codes, [CLOSE.restarting, CLOSE.restarting, CLOSE.restarting, CLOSE.refused]);
});
