import test from 'ava';
import { createGate } from '../../../shared/datasets/gate.js';

/** Runs work through a gate and writes down when it begins and ends. */
function createBench(): { enter(kind: 'together' | 'alone', name: string, error?: Error): Promise<void>; readonly events: string[] } {
  const gate = createGate();
  const events: string[] = [];
  return {
    events,
    enter: (kind, name, error) => gate[kind](async () => {
      events.push(`+${name}`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`-${name}`);
      if (error) throw error;
    }),
  };
}

test('lone work waits for all before it, and holds up all after it', async (t) => {
  const { enter, events } = createBench();
  await Promise.all([enter('together', 'a'), enter('together', 'b'), enter('alone', 'c'), enter('together', 'd'), enter('alone', 'e')]);
  t.deepEqual(events, ['+a', '+b', '-a', '-b', '+c', '-c', '+d', '-d', '+e', '-e']);
});

test('work that fails fails for whoever asked, and holds up nobody', async (t) => {
  const { enter, events } = createBench();
  const failing = [enter('together', 'a', new Error('a')), enter('alone', 'b', new Error('b'))];
  const last = enter('together', 'c');
  await t.throwsAsync(failing[0]!, { message: 'a' });
  await t.throwsAsync(failing[1]!, { message: 'b' });
  await last;
  t.deepEqual(events, ['+a', '-a', '+b', '-b', '+c', '-c']);
});
