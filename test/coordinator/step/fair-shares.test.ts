// A worker must not be left out for ever because it was slow once.

import test from 'ava';
import { advance, createMachine, type MachineEvent, type MachineState } from '../../../coordinator/step/machine.js';
import { msOf } from '../../../coordinator/step/state.js';

const MICROBATCHES = 4;
const STEPS = 400;

interface Bench {
  /** Does all that is leased of the current step, each microbatch in the time that `msOf` says; returns how many each worker did. */
  finishStep(msOf: (worker: string) => number): Record<string, number>;
  state(): MachineState;
}

function createBench(workers: readonly string[]): Bench {
  let machine = createMachine({ microbatches: MICROBATCHES, steps: STEPS, lookaheadSteps: 0, partialMs: 0 }, 0);
  let granted: { worker: string; microbatch: number }[] = [];
  const send = (event: MachineEvent): void => {
    const { state, effects } = advance(machine, event, 0);
    machine = state;
    for (const effect of effects) {
      if (effect.type === 'grant') granted.push(...effect.microbatches.map((microbatch) => ({ worker: effect.worker, microbatch })));
      if (effect.type === 'revoke') granted = granted.filter(({ worker, microbatch }) => worker !== effect.worker || !effect.microbatches.includes(microbatch));
    }
  };
  for (const worker of workers) send({ type: 'join', worker });
  return {
    state: () => machine,
    finishStep(msOf) {
      const step = machine.committed + 1;
      const counts = Object.fromEntries(workers.map((worker) => [worker, 0]));
      while (granted.length > 0) {
        // In turns: whoever is ahead would take over what others still have to do.
        const next = granted.reduce((least, each) => (counts[each.worker]! < counts[least.worker]! ? each : least));
        granted = granted.filter((each) => each !== next);
        counts[next.worker]! += 1;
        send({ type: 'progress', worker: next.worker, step, microbatch: next.microbatch, ms: msOf(next.worker) });
        send({ type: 'done', step, microbatch: next.microbatch });
      }
      send({ type: 'journaled', step });
      return counts;
    },
  };
}

test('the first microbatch of a worker, which compiles, says nothing of its speed', (t) => {
  const bench = createBench(['a', 'b']);
  let isFirst = true;
  const slowAtFirst = (worker: string): number => {
    const ms = worker === 'b' && isFirst ? 20_000 : 100;
    if (worker === 'b') isFirst = false;
    return ms;
  };
  for (let step = 1; step <= 6; step++) t.deepEqual(bench.finishStep(slowAtFirst), { a: 2, b: 2 }, `step ${step}`);
  t.is(msOf(bench.state(), 'b'), 100);
});

test('a worker that was slow for a while and is given nothing gets another chance, and its share again', (t) => {
  const bench = createBench(['a', 'b']);
  for (let step = 1; step <= 3; step++) bench.finishStep(() => 100);
  let slow = 0;
  while (bench.finishStep((worker) => (worker === 'b' ? 3000 : 100))['b']! > 0) slow += 1;
  t.true(slow < 10, 'what is slow is left out soon');
  let waited = 1;
  while (bench.finishStep(() => 100)['b'] === 0) waited += 1;
  t.true(waited > 1 && waited < 120, `${waited} steps`);
  for (let step = 0; step < 10; step++) bench.finishStep(() => 100);
  t.deepEqual(bench.finishStep(() => 100), { a: 2, b: 2 });
});
