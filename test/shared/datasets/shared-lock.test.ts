import test from 'ava';
import { createSharedLock } from '../../../shared/datasets/shared-lock.js';

/** Runs work under a lock and writes down when it begins and ends. */
function createBench(): { enter(kind: 'shared' | 'alone', name: string, error?: Error): Promise<void>; readonly events: string[] } {
  const lock = createSharedLock();
  const events: string[] = [];
  return {
    events,
    enter: (kind, name, error) => lock[kind](async () => {
      events.push(`+${name}`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`-${name}`);
      if (error) throw error;
    }),
  };
}

test('lone work waits for all before it, and holds up all after it', async (t) => {
  const { enter, events } = createBench();
  await Promise.all([enter('shared', 'a'), enter('shared', 'b'), enter('alone', 'c'), enter('shared', 'd'), enter('alone', 'e')]);
  t.deepEqual(events, ['+a', '+b', '-a', '-b', '+c', '-c', '+d', '-d', '+e', '-e']);
});

test('work that fails fails for whoever asked, and holds up nobody', async (t) => {
  const { enter, events } = createBench();
  const failing = [enter('shared', 'a', new Error('a')), enter('alone', 'b', new Error('b'))];
  const last = enter('shared', 'c');
  await t.throwsAsync(failing[0]!, { message: 'a' });
  await t.throwsAsync(failing[1]!, { message: 'b' });
  await last;
  t.deepEqual(events, ['+a', '-a', '+b', '-b', '+c', '-c']);
});
