import test from 'ava';
import { createLimiter } from '../../../shared/datasets/limiter.js';

test('no more than the given number run at once, in the order they came', async (t) => {
  const limit = createLimiter(3);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  await Promise.all(Array.from({ length: 20 }, (_, i) => limit(async () => {
    started.push(i);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, (i * 7) % 5));
    running -= 1;
  })));
  t.is(most, 3);
  t.deepEqual(started, [...started].sort((a, b) => a - b));
});

test('work that throws gives its place to the next', async (t) => {
  const limit = createLimiter(1);
  const failing = limit(() => Promise.reject(new Error('no')));
  const working = limit(() => Promise.resolve('yes'));
  await t.throwsAsync(failing, { message: 'no' });
  t.is(await working, 'yes');
});
