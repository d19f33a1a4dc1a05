import test from 'ava';
import { describeHoldup } from '../../../coordinator/step/holdup.js';
import { advance, createMachine, type MachineEvent, type MachineState } from '../../../coordinator/step/machine.js';

function after(...events: MachineEvent[]): MachineState {
  const start = createMachine({ microbatches: 3, steps: 5, lookaheadSteps: 0, partialMs: 0 }, 4);
  return events.reduce((state, event) => advance(state, event, 0).state, start);
}

const progress = (microbatch: number): MachineEvent => ({ type: 'progress', worker: 'a', step: 5, microbatch, ms: 1 });

test('a step that stands still names who holds what, for how long, and what is on the way', (t) => {
  t.is(describeHoldup(after(), 1000), 'step 5 waits for microbatches 0, 1, 2 of nobody');
  const state = after({ type: 'join', worker: 'a' }, progress(0), { type: 'done', step: 5, microbatch: 2 });
  t.is(describeHoldup(state, 61_000), 'step 5 waits for microbatches 0 of a, who has computed and not sent them for 61 s; 1 of a, silent for 61 s');
});

test('a step that is done waits for the disk', (t) => {
  const state = after({ type: 'join', worker: 'a' }, ...[0, 1, 2].map((microbatch): MachineEvent => ({ type: 'done', step: 5, microbatch })));
  t.is(describeHoldup(state, 1000), 'step 5 waits for the disk that the journal is on');
});
