// One suite for every backend of the registry: see check-case.ts for what is checked, cases.ts for the ops.

import test from 'ava';
import type { Backend } from '../../../worker/backends/backend.js';
import { backends } from '../../../worker/backends/index.js';
import { cases } from './cases.js';
import type { Case } from './cases/case.js';
import { checkCase } from './check-case.js';

const conforms = test.macro(async (t, check: Case) => {
  t.deepEqual(await checkCase(check), []);
});

/** The same backend on the other compilation of its kernels, without the native ones where they are built. */
const simdWithoutFma: Backend = {
  ...backends.simd,
  async start(options) {
    Object.assign(process.env, { PRETEXT_FMA: '0', PRETEXT_NATIVE: '0' });
    const started = await backends.simd.start(options);
    delete process.env.PRETEXT_FMA;
    delete process.env.PRETEXT_NATIVE;
    return started;
  },
};

for (const [name, backend] of Object.entries({ ...backends, 'simd without FMA': simdWithoutFma })) {
  const result = await backend.probe();
  if (!result.available) {
    test(`${name} conforms`, (t) => {
      t.log(`SKIPPED: ${result.reason}. ${result.remedy}`);
      t.pass();
    });
    continue;
  }
  test.serial(`${name} starts`, async (t) => {
    const { kind } = await backend.start();
    t.true(kind.startsWith(name.split(' ')[0]!));
  });
  for (const check of cases) test.serial(`${name}: ${check.title}`, conforms, check);
}
