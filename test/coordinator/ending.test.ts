// Which way a stage ends when several come together.

import test from 'ava';
import { advanceEnd, type EndEvent, type EndState } from '../../coordinator/ending.js';

const last: EndEvent = { type: 'lastCommitted' };
const stop: EndEvent = { type: 'stop' };
const saved: EndEvent = { type: 'saved' };
const finished: EndEvent = { type: 'finished' };
const error = (what: string): EndEvent => ({ type: 'error', error: what });

/** Every effect of the events, in order. */
function effectsOf(...events: EndEvent[]): string[] {
  let state: EndState = { phase: 'running' };
  return events.flatMap((event) => {
    const transition = advanceEnd(state, event);
    ({ state } = transition);
    return transition.effects.map((effect) => (effect.type === 'reject' && 'error' in effect ? `reject ${String(effect.error)}` : effect.type));
  });
}

test('the last commit is finished once, and again only after it could not be', (t) => {
  t.deepEqual(effectsOf(last, last, finished, last), ['finish', 'resolve']);
  t.deepEqual(effectsOf(last, { type: 'notFinished' }, last, finished), ['finish', 'finish', 'resolve']);
});

test('an error and a stop save first, then end with their reason', (t) => {
  t.deepEqual(effectsOf(error('disk'), saved), ['save', 'reject disk']);
  t.deepEqual(effectsOf(stop, saved), ['save', 'reject']);
});

test('the first error is the reason, before a stop and after it', (t) => {
  t.deepEqual(effectsOf(error('first'), stop, error('second'), saved), ['save', 'reject first']);
  t.deepEqual(effectsOf(stop, error('disk'), error('second'), saved), ['save', 'reject disk']);
});

test('a stage that finishes while it is being stopped is finished', (t) => {
  t.deepEqual(effectsOf(last, stop, finished, saved), ['finish', 'save', 'resolve']);
});

test('after the end nothing counts', (t) => {
  t.deepEqual(effectsOf(stop, saved, error('late'), stop, finished, last), ['save', 'reject']);
});
