// What a worker does next, for what it was told: events in, tasks and effects out.

import test from 'ava';
import { advanceLoop, createLoopState, isStarved, nextTask, throwOnFarLease, type LoopEffect, type LoopEvent, type LoopState } from '../../../worker/client/loop-state.js';

const config = { gradientLength: 4, stateLength: 6, lookaheadSteps: 2 };

function after(state: LoopState, ...events: LoopEvent[]): LoopState {
  return events.reduce((next, event) => advanceLoop(next, event).state, state);
}

const effectsOf = (state: LoopState, event: LoopEvent): readonly LoopEffect[] => advanceLoop(state, event).effects;
const begin = (source: 'seed' | 'transfer' | 'keep', step: number, transfer = 1): LoopEvent => ({ type: 'begin', source, step, transfer });
const commit = (step: number): Extract<LoopEvent, { type: 'commit' }> => ({ type: 'commit', step, weights: {}, digest: false });
const average = (step: number, offset: number, length: number, total = 4): LoopEvent => ({ type: 'averageChunk', step, offset, total, length });
const chunk = (transfer: number, length: number, offset = 0, total = 6): LoopEvent => ({ type: 'stateChunk', transfer, offset, total, length });
const at = (step: number | undefined): LoopState => createLoopState(config, step);

test('without a state it waits; with one it computes the step after it', (t) => {
  t.deepEqual(nextTask(at(undefined)), { type: 'wait' });
  t.deepEqual(nextTask(at(7)), { type: 'compute', step: 8 });
});

test('a beginning from the seed is loaded first, and forgets what was before', (t) => {
  const state = after(at(7), commit(8), begin('seed', 0));
  t.deepEqual(effectsOf(at(7), begin('seed', 0)), [{ type: 'startOver' }]);
  t.deepEqual(nextTask(state), { type: 'carryOut', order: { type: 'load', step: 0, source: 'seed' } });
  t.is(state.orders.length, 1);
  t.is(state.step, undefined);
});

test('a kept state is computed with at once', (t) => {
  t.deepEqual(nextTask(after(at(7), begin('keep', 7))), { type: 'compute', step: 8 });
});

test('a transfer is loaded when its last chunk is there, before commits that came earlier; chunks of another do not count', (t) => {
  const part = after(at(undefined), begin('transfer', 5, 2), chunk(1, 6), chunk(2, 4), commit(6));
  t.deepEqual(nextTask(part), { type: 'wait' });
  t.deepEqual(effectsOf(part, chunk(1, 2)), []);
  t.deepEqual(effectsOf(part, chunk(2, 2, 4)), [{ type: 'keepChunk' }]);
  t.deepEqual(after(part, chunk(2, 2, 4)).orders, [{ type: 'load', step: 5, source: 'transfer' }, commit(6)]);
});

test('a commit waits for the whole average; a chunk that comes twice, or of a step that is over, is not kept', (t) => {
  const state = after(at(7), commit(8), average(8, 0, 2));
  t.deepEqual(nextTask(state), { type: 'wait' });
  t.deepEqual(effectsOf(state, average(8, 0, 2)), []);
  t.deepEqual(effectsOf(state, average(7, 0, 2)), []);
  t.deepEqual(nextTask(after(state, average(8, 0, 2))), { type: 'wait' });
  t.deepEqual(nextTask(after(state, average(8, 2, 2))), { type: 'carryOut', order: commit(8) });
});

test('averages of steps that the state on its way has already are not kept', (t) => {
  const syncing = after(at(undefined), begin('transfer', 7), commit(8));
  for (const step of [1, 6, 7]) t.deepEqual(effectsOf(syncing, average(step, 0, 4)), []);
  for (const step of [8, 9]) t.deepEqual(effectsOf(syncing, average(step, 0, 4)), [{ type: 'keepChunk' }]);
});

test('a state is asked for as of the commit before', (t) => {
  const ask = { type: 'sendState', id: 3 } as const;
  const state = after(at(7), commit(8), ask);
  t.deepEqual(nextTask(state), { type: 'wait' });
  const applied = after(state, average(8, 0, 4), { type: 'taken' }, { type: 'applied', step: 8, beginning: 0 });
  t.deepEqual(nextTask(applied), { type: 'carryOut', order: ask });
  t.is(applied.averages.size, 0);
});

test('what was under way before the last beginning does not count', (t) => {
  const state = after(at(7), begin('seed', 0));
  for (const type of ['loaded', 'applied'] as const) {
    t.deepEqual(effectsOf(state, { type, step: 8, beginning: 0 }), []);
    t.is(after(state, { type, step: 8, beginning: 0 }).step, undefined);
    t.is(after(state, { type, step: 0, beginning: 1 }).step, 0);
  }
});

test('one that drains carries out what it can, then leaves; one that halts computes no more but hands over its state', (t) => {
  t.deepEqual(nextTask(after(at(7), { type: 'drain' })), { type: 'leave', isReleased: false });
  t.deepEqual(nextTask(after(at(7), { type: 'drain' }, commit(8), average(8, 0, 4))), { type: 'carryOut', order: commit(8) });
  const halted = after(at(7), { type: 'halt' });
  t.deepEqual(nextTask(halted), { type: 'wait' });
  t.like(nextTask(after(halted, { type: 'sendState', id: 1 })), { type: 'carryOut' });
  t.deepEqual(nextTask(after(at(7), commit(8), average(8, 0, 4), { type: 'close' })), { type: 'end' });
});

test('a replica that is told to forget its state waits for another', (t) => {
  t.deepEqual(nextTask(after(at(7), { type: 'forget' })), { type: 'wait' });
});

const BAD: Record<string, readonly LoopEvent[]> = {
  'an average of a step that is further ahead': [average(9, 0, 4)],
  'an average before there is a state': [{ type: 'forget' }, begin('transfer', 3), average(5, 0, 4)],
  'more of an average than there is': [average(8, 2, 4)],
  'parts of an average that overlap': [average(8, 0, 3), average(8, 1, 3)],
  'nothing of an average': [average(8, 0, 0)],
  'an average of another model': [average(8, 0, 2, 5)],
  'a commit of a step that is not the next': [commit(9)],
  'a commit twice': [commit(8), commit(8)],
  'a state that is longer than the layout': [begin('transfer', 3), chunk(1, 4), chunk(1, 4, 4)],
  'a state with a hole': [begin('transfer', 3), chunk(1, 2), chunk(1, 2, 4)],
  'a state of another layout': [begin('transfer', 3), chunk(1, 2, 0, 7)],
  'nothing of a state': [begin('transfer', 3), chunk(1, 0)],
  'a state to keep that it does not have': [begin('keep', 8)],
  'a later step from the seed': [begin('seed', 8)],
  'a hundred requests for its state': Array.from({ length: 101 }, (_, id): LoopEvent => ({ type: id % 2 ? 'sendState' : 'sendDigest', id })),
};

for (const [what, events] of Object.entries(BAD)) {
  test(`${what}: refused`, (t) => {
    t.throws(() => after(at(7), ...events));
  });
}

test('commits that it cannot apply are taken up to a bound', (t) => {
  const state = createLoopState({ ...config, gradientLength: 2 ** 30 }, 7);
  const commits = (count: number): LoopEvent[] => Array.from({ length: count }, (_, i) => commit(8 + i));
  t.notThrows(() => after(state, ...commits(68)));
  t.throws(() => after(state, ...commits(69)));
  // While its state is on the way, too.
  const syncing = after(state, begin('transfer', 7));
  t.notThrows(() => after(syncing, ...commits(68)));
  t.throws(() => after(syncing, ...commits(69)));
});

test('a lease is at most as many steps ahead as the recipe allows', (t) => {
  t.notThrows(() => throwOnFarLease(at(7), 10));
  t.notThrows(() => throwOnFarLease(after(at(7), commit(8)), 11));
  for (const [state, step] of [[at(7), 11], [at(undefined), 1]] as const) t.throws(() => throwOnFarLease(state, step));
});

test('it starves while an average is missing of a step that is committed', (t) => {
  t.false(isStarved(at(7)));
  t.true(isStarved(after(at(7), commit(8), average(8, 0, 2))));
  t.false(isStarved(after(at(7), commit(8), average(8, 0, 4))));
  t.false(isStarved(after(at(undefined), begin('transfer', 7), commit(8))));
});
