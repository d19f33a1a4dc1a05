// Faults at every step of the protocol: workers that vanish just before or just after a message of a given kind. The run must end, with
// the bits of an undisturbed one.

import test from 'ava';
import { createRandom } from '../../shared/random/random.js';
import { referenceRun, startFakeWorker, startSite, type Fault } from '../helpers/fake-site.js';

const TYPES = ['hello', 'ready', 'synced', 'computed', 'partial', 'applied', 'snapshot'] as const;
const FAULTS: Fault[] = TYPES.flatMap((type) => {
  const isBulk = type === 'partial' || type === 'snapshot';
  const isOnce = type === 'hello' || type === 'ready' || type === 'synced' || type === 'snapshot';
  return (isBulk ? ['before', 'within', 'after'] as const : ['before', 'after'] as const)
    .flatMap((at) => (isOnce ? [1] : [1, 5]).map((nth): Fault => ({ type, at, nth })));
});

for (const fault of FAULTS) {
  const what = `${fault.at} its ${fault.nth === 1 ? 'first' : 'fifth'} "${fault.type}"`;
  test(`a worker that vanishes ${what} changes nothing, beside another and alone`, async (t) => {
    t.timeout(60_000);
    const { digest } = await referenceRun(t);
    const beside = await startSite(t);
    await Promise.all([startFakeWorker(beside.url, 'victim', fault), startFakeWorker(beside.url, 'other')]);
    t.is((await beside.finish()).digest, digest);

    const alone = await startSite(t);
    const victim = await startFakeWorker(alone.url, 'victim', fault);
    await Promise.race([victim.gone, alone.controller.finished]);
    await startFakeWorker(alone.url, 'next').catch(() => {});
    t.is((await alone.finish()).digest, digest);
  });
}

test('a storm of workers that vanish anywhere ends with the same bits', async (t) => {
  t.timeout(60_000);
  const { digest } = await referenceRun(t);
  for (let seed = 0; seed < 5; seed++) {
    const site = await startSite(t);
    const random = createRandom({ seed, epoch: 0, sample: 0, purpose: 'storm' });
    let isOver = false;
    void site.controller.finished.finally(() => { isOver = true; });
    for (let born = 0; born < 25 && !isOver; born++) {
      const fault = FAULTS[random.int(FAULTS.length)]!;
      await startFakeWorker(site.url, `w${born}`, { ...fault, nth: 1 + random.int(8) }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, random.int(30)));
    }
    if (!isOver) await startFakeWorker(site.url, 'last').catch(() => {});
    t.is((await site.finish()).digest, digest, `seed ${seed}`);
  }
});
