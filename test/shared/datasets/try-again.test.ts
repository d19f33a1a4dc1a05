import test from 'ava';
import { tryAgain } from '../../../shared/datasets/try-again.js';
import { PretextError, type ErrorCode } from '../../../shared/errors/pretext-error.js';

/** Work that fails so often before it succeeds, and how often it was done. */
function failing(times: number, code: ErrorCode) {
  const counts = { tries: 0 };
  const work = (): Promise<string> => {
    counts.tries += 1;
    return counts.tries <= times ? Promise.reject(new PretextError(code, 'no')) : Promise.resolve('done');
  };
  return { counts, work };
}

test('what may be the fault of the machine is tried again', async (t) => {
  for (const code of ['DECODE_TIMEOUT', 'WORKER_FAILED'] as const) {
    const { counts, work } = failing(2, code);
    t.is(await tryAgain('a.mp4', work), 'done');
    t.is(counts.tries, 3);
  }
});

test('after three tries the machine is at fault, and the file is named', async (t) => {
  const { counts, work } = failing(9, 'DECODE_TIMEOUT');
  await t.throwsAsync(tryAgain('a.mp4', work), { code: 'WORKER_FAILED', message: /"a\.mp4" .* 3 tries: no/ });
  t.is(counts.tries, 3);
});

test('what is the fault of the file is thrown at once', async (t) => {
  const { counts, work } = failing(9, 'DECODE_FAILED');
  await t.throwsAsync(tryAgain('a.mp4', work), { code: 'DECODE_FAILED' });
  t.is(counts.tries, 1);
});
