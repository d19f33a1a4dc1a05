// What a worker does next, for what it was told: events in, tasks and effects out.

import test from 'ava';
import { advanceLoop, createLoopState, nextTask, type LoopEffect, type LoopEvent, type LoopState } from '../../../worker/client/loop-state.js';

const config = { gradientLength: 4, stateLength: 6 };

function after(state: LoopState, ...events: LoopEvent[]): LoopState {
  return events.reduce((next, event) => advanceLoop(next, event).state, state);
}

const effectsOf = (state: LoopState, event: LoopEvent): readonly LoopEffect[] => advanceLoop(state, event).effects;
const begin = (source: 'seed' | 'transfer' | 'keep', step: number, transfer = 1): LoopEvent => ({ type: 'begin', source, step, transfer });
const commit = (step: number): Extract<LoopEvent, { type: 'commit' }> => ({ type: 'commit', step, weights: {}, digest: false });
const average = (step: number, offset: number, length: number): LoopEvent => ({ type: 'averageChunk', step, offset, length });
const chunk = (transfer: number, length: number): LoopEvent => ({ type: 'stateChunk', transfer, length });
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
  t.deepEqual(effectsOf(part, chunk(2, 2)), [{ type: 'keepChunk' }]);
  t.deepEqual(after(part, chunk(2, 2)).orders, [{ type: 'load', step: 5, source: 'transfer' }, commit(6)]);
});

test('a commit waits for the whole average; a chunk that comes twice, or of a step that is over, is not kept', (t) => {
  const state = after(at(7), commit(8), average(8, 0, 2));
  t.deepEqual(nextTask(state), { type: 'wait' });
  t.deepEqual(effectsOf(state, average(8, 0, 2)), []);
  t.deepEqual(effectsOf(state, average(7, 0, 2)), []);
  t.deepEqual(nextTask(after(state, average(8, 0, 2))), { type: 'wait' });
  t.deepEqual(nextTask(after(state, average(8, 2, 2))), { type: 'carryOut', order: commit(8) });
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
