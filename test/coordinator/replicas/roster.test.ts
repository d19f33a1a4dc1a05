// Who gets which place, and when: events in, effects out, nothing else.

import test from 'ava';
import { advanceRoster, createRoster, membersIn, type RosterEffect, type RosterEvent, type RosterState } from '../../../coordinator/replicas/roster.js';

const GRACE_MS = 1000;

interface Bench {
  state: RosterState;
  /** Gives events one after another; returns what follows from the last, phases left out, as short words. */
  give(...events: RosterEvent[]): string[];
}

function createBench(committed: number, hasInit = false): Bench {
  const bench: Bench = {
    state: createRoster({ hasInit, graceMs: GRACE_MS }, committed, 0),
    give(...events) {
      let effects: readonly RosterEffect[] = [];
      for (const event of events) ({ state: bench.state, effects } = advanceRoster(bench.state, event, 100));
      return effects.filter(({ type }) => type !== 'phase').map(describe);
    },
  };
  return bench;
}

function describe(effect: RosterEffect): string {
  switch (effect.type) {
    case 'begin': return `${effect.worker} begins by ${effect.source} at ${effect.step}`;
    case 'choose': return `choose among ${effect.ready.map(({ worker, step }) => `${worker}@${step ?? '-'}`).join(' ')}`.trim();
    case 'open': return `open ${effect.step} from ${effect.source} with ${effect.workers}`;
    case 'wait': return `wait: ${effect.reason}`;
    case 'close': return 'close';
    case 'phase': return `${effect.worker} is ${effect.phase}`;
    case 'fetch':
    case 'restore':
    case 'catchUp':
    case 'join':
    case 'leave':
    case 'sendBack': return `${effect.type} ${effect.worker}`;
  }
}

const came = (worker: string, step?: number): RosterEvent => ({ type: 'came', worker, step });
const ready = (worker: string): RosterEvent => ({ type: 'ready', worker });
const synced = (worker: string): RosterEvent => ({ type: 'synced', worker });
const gone = (worker: string): RosterEvent => ({ type: 'gone', worker });
const chosen = (step: number, source: 'seed' | 'checkpoint' | 'workers'): RosterEvent => ({ type: 'chosen', decision: { action: 'start', step, source } });

/** A run at a step with one worker in it, which came with the state. */
function createOpen(step: number): Bench {
  const bench = createBench(step);
  bench.give(came('a', step), ready('a'), chosen(step, 'workers'));
  return bench;
}

test('the first worker that is ready makes the run look for a start, once', (t) => {
  const bench = createBench(0);
  t.deepEqual(bench.give(came('a')), []);
  t.deepEqual(bench.give(ready('a')), ['choose among a@-']);
  t.deepEqual(bench.give({ type: 'tick' }), []);
  t.deepEqual(bench.give(came('b'), ready('b')), []);
});

test('a start from the seed: all begin by it, and each is in step when it has its state', (t) => {
  const bench = createBench(0);
  bench.give(came('a'), ready('a'), came('b'), ready('b'));
  t.deepEqual(bench.give(chosen(0, 'seed')), ['open 0 from seed with 2', 'a begins by seed at 0', 'catchUp a', 'b begins by seed at 0', 'catchUp b']);
  t.deepEqual(bench.give(synced('b')), ['join b']);
  t.deepEqual(membersIn(bench.state, 'active'), ['b']);
  t.deepEqual(bench.give(synced('b')), []);
});

test('a start with workers: who has the state keeps it, the others fetch it from them', (t) => {
  const bench = createBench(7);
  bench.give(came('old', 3), ready('old'), came('new', 7), ready('new'));
  t.deepEqual(bench.give(chosen(7, 'workers')), [
    'open 7 from workers with 1', 'new begins by keep at 7', 'catchUp new', 'join new', 'fetch old', 'catchUp old',
  ]);
});

test('a start from a checkpoint goes back to its step', (t) => {
  const bench = createBench(7);
  bench.give(came('a', 2), ready('a'));
  t.deepEqual(bench.give(chosen(5, 'checkpoint')), ['open 5 from checkpoint with 1', 'restore a', 'catchUp a']);
  t.is(bench.state.committed, 5);
});

test('when everybody left while the run was choosing, it stays closed and chooses again', (t) => {
  const bench = createBench(7);
  bench.give(came('a', 7), ready('a'), gone('a'));
  t.deepEqual(bench.give(chosen(7, 'workers')), []);
  t.false(bench.state.isOpen);
  t.deepEqual(bench.give({ type: 'tick' }), ['choose among']);
});

test('a run that waits says why once', (t) => {
  const bench = createBench(7);
  const wait: RosterEvent = { type: 'chosen', decision: { action: 'wait', reason: 'patience' } };
  t.deepEqual(bench.give(wait), ['wait: patience']);
  t.deepEqual(bench.give({ type: 'tick' }, wait), []);
});

test('who joins a run in progress keeps what is right, makes what the seed gives, or fetches', (t) => {
  const bench = createOpen(7);
  t.deepEqual(bench.give(came('same', 7), ready('same')), ['same begins by keep at 7', 'catchUp same', 'join same']);
  t.deepEqual(bench.give(came('empty'), ready('empty')), ['fetch empty', 'catchUp empty']);
  const fresh = createBench(0);
  fresh.give(came('a'), ready('a'), chosen(0, 'seed'));
  t.deepEqual(fresh.give(came('b'), ready('b')), ['b begins by seed at 0', 'catchUp b']);
});

test('a stage that does not begin from the seed lets a newcomer fetch its first state, or wait until somebody has it', (t) => {
  const bench = createBench(0, true);
  bench.give(came('a'), ready('a'), chosen(0, 'checkpoint'));
  t.deepEqual(bench.give(came('b'), ready('b')), []);
  t.deepEqual(bench.give(synced('a')), ['join a', 'fetch b', 'catchUp b']);
});

test('a newcomer is measured by the last commit', (t) => {
  const bench = createOpen(7);
  bench.give({ type: 'committed', step: 8 });
  t.deepEqual(bench.give(came('b', 8), ready('b')), ['b begins by keep at 8', 'catchUp b', 'join b']);
});

test('a transfer that fails is tried with another source, and waits where there is none in step', (t) => {
  const bench = createOpen(7);
  bench.give(came('b'), ready('b'));
  t.deepEqual(bench.give({ type: 'transferFailed', worker: 'b' }), ['fetch b', 'catchUp b']);
  bench.give(synced('b'));
  t.deepEqual(bench.give({ type: 'transferFailed', worker: 'b' }), []);
});

test('one of several that leaves only gives its work back', (t) => {
  const bench = createOpen(7);
  bench.give(came('b', 7), ready('b'));
  t.deepEqual(bench.give({ type: 'dismissed', worker: 'b' }), ['leave b']);
  t.deepEqual(bench.give(gone('b')), []);
  t.deepEqual([...bench.state.members.keys()], ['a']);
});

test('when the last in step leaves, the step is given up, those on the way to it are sent back, and grace begins', (t) => {
  const bench = createOpen(7);
  bench.give(came('b'), ready('b'));
  t.deepEqual(bench.give({ type: 'dismissed', worker: 'a' }), ['close', 'sendBack b', 'choose among']);
  t.is(bench.state.graceUntilMs, 100 + GRACE_MS);
  t.false(bench.state.isOpen);
});

test('when the last that was getting its state is gone too, the run closes', (t) => {
  const bench = createBench(7);
  bench.give(came('a'), ready('a'), chosen(5, 'checkpoint'));
  t.deepEqual(bench.give(gone('a')), ['close', 'choose among']);
});

test('events about workers that are unknown, or ready already, change nothing', (t) => {
  const bench = createOpen(7);
  const before = bench.state;
  for (const type of ['ready', 'synced', 'transferFailed', 'dismissed', 'gone'] as const) t.deepEqual(bench.give({ type, worker: 'nobody' }), []);
  t.deepEqual(bench.give(ready('a')), []);
  t.deepEqual(bench.state, before);
});
