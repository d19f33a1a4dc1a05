import test from 'ava';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { backends, chooseBackend } from '../../../worker/backends/index.js';

test('auto chooses a backend that is here, and never the slow JavaScript one', async (t) => {
  const name = await chooseBackend('auto');
  t.not(name, 'cpu');
  t.true((await backends[name].probe()).available);
});

test('a named backend is taken as it is', async (t) => {
  t.is(await chooseBackend('cpu'), 'cpu');
});

test('a device that a backend does not have is refused by its start, with those that there are', async (t) => {
  for (const name of ['simd', 'cpu'] as const) {
    for (const device of [7, -1, 0.5]) {
      const error = await t.throwsAsync(backends[name].start({ device }), { instanceOf: PretextError, code: 'BAD_ARGUMENT' });
      t.is(error.message, `${name}: expected device 0, the only one, got ${device}`);
      t.regex(error.hint ?? '', /doctor/);
    }
  }
});

test('an unknown name is refused with the list of the known ones', async (t) => {
  const error = await t.throwsAsync(chooseBackend('toString'), { instanceOf: PretextError });
  t.is(error.code, 'BAD_ARGUMENT');
  t.regex(error.message, /simd/);
});
