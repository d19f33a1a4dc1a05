import test from 'ava';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_RECORD_CHARS } from '../../../shared/log/bound-record.js';
import { createLog } from '../../../shared/log/create-log.js';
import { createLogShipper, type LogShipper } from '../../../shared/log/log-shipper.js';

interface Sent {
  readonly records: readonly string[];
  readonly dropped: number;
}

function ship(options: { isUp: () => boolean; maxRecords?: number; maxChars?: number; flushMs?: number }): { shipper: LogShipper; sent: Sent[] } {
  const sent: Sent[] = [];
  const { isUp, ...limits } = options;
  const shipper = createLogShipper({
    flushMs: 60_000,
    batchRecords: 10,
    ...limits,
    send(records, dropped) {
      if (isUp()) sent.push({ records: [...records], dropped });
      return isUp();
    },
  });
  return { shipper, sent };
}

const numbers = (sent: readonly Sent[]): number[] => sent.flatMap(({ records }) => records.map((record) => (JSON.parse(record) as { n: number }).n));

test('records arrive in order, in batches, each once', (t) => {
  const { shipper, sent } = ship({ isUp: () => true });
  t.teardown(() => shipper.stop());
  for (let n = 0; n < 25; n++) shipper.write(`{"n":${n}}\n`);
  t.true(shipper.flush());
  t.deepEqual(sent.map(({ records }) => records.length), [10, 10, 5]);
  t.deepEqual(numbers(sent), Array.from({ length: 25 }, (_, n) => n));
  t.is(shipper.numQueued, 0);
});

test('while nobody takes them the newest records are kept, and the others counted', (t) => {
  let isUp = false;
  const { shipper, sent } = ship({ isUp: () => isUp, maxRecords: 30 });
  t.teardown(() => shipper.stop());
  for (let n = 0; n < 1000; n++) {
    shipper.write(`{"n":${n}}\n`);
    if (n % 7 === 0) t.false(shipper.flush());
  }
  t.is(shipper.numQueued, 30);
  t.is(shipper.numDropped, 970);
  isUp = true;
  t.true(shipper.flush());
  t.deepEqual(numbers(sent), Array.from({ length: 30 }, (_, i) => 970 + i));
  t.true(sent.every(({ dropped }) => dropped === 970));
});

test('long records are bounded too: one is cut, many push out the oldest', (t) => {
  const { shipper, sent } = ship({ isUp: () => true, maxChars: 50_000 });
  t.teardown(() => shipper.stop());
  shipper.write(`${JSON.stringify({ level: 50, time: 5, msg: 'm'.repeat(1_000_000), more: 'x' })}\n`);
  shipper.flush();
  const cut = JSON.parse(sent[0]!.records[0]!) as { level: number; msg: string; cutChars: number };
  t.is(cut.level, 50);
  t.is(cut.msg, 'm'.repeat(2000));
  t.true(cut.cutChars > 1_000_000);
  for (let n = 0; n < 10; n++) shipper.write(`{"n":${n},"x":"${'x'.repeat(MAX_RECORD_CHARS - 100)}"}\n`);
  t.is(shipper.numQueued, 3);
  t.is(shipper.numDropped, 7);
});

test('a send that logs does not go round in circles', (t) => {
  const texts: string[] = [];
  const shipper = createLogShipper({
    flushMs: 60_000,
    send(records) {
      texts.push(...records);
      shipper.write('{"n":"from send"}\n');
      return true;
    },
  });
  t.teardown(() => shipper.stop());
  shipper.write('{"n":1}\n');
  t.true(shipper.flush());
  t.deepEqual(texts, ['{"n":1}']);
  t.is(shipper.numQueued, 1);
});

test('a timer ships what a logger writes, until it is stopped', async (t) => {
  const { shipper, sent } = ship({ isUp: () => true, flushMs: 5 });
  const log = createLog({ name: 'w1', stream: null, sinks: [shipper] });
  log.debug({ n: 1 }, 'for the hub only');
  for (let waited = 0; sent.length === 0 && waited < 2000; waited += 5) await sleep(5);
  t.deepEqual(numbers(sent), [1]);
  log.info({ n: 2 }, 'last words');
  shipper.stop();
  t.deepEqual(numbers(sent), [1, 2]);
  log.info({ n: 3 }, 'too late');
  await sleep(30);
  t.deepEqual(numbers(sent), [1, 2]);
});
