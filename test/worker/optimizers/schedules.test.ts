import test from 'ava';
import { halfCosine, power } from '../../../worker/optimizers/power.js';
import { schedules } from '../../../worker/optimizers/schedules.js';
import type { Schedule, ScheduledRate } from '../../../worker/optimizers/schedules.js';

function listRates(name: keyof typeof schedules, given: object, totalSteps: number): ScheduledRate[] {
  const schedule: Schedule = schedules[name];
  const options = schedule.options.parse(given);
  return Array.from({ length: totalSteps }, (_, i) => schedule.at(i + 1, totalSteps, options));
}

const isClose = (actual: number, expected: number): boolean => Math.abs(actual - expected) <= 1e-12 + 1e-9 * Math.abs(expected);

test('half a cosine and whole powers agree with the ones of the engine', (t) => {
  for (let i = 0; i <= 1000; i++) t.true(Math.abs(halfCosine(i / 1000) - (1 + Math.cos((Math.PI * i) / 1000)) / 2) < 1e-14);
  for (let n = 0; n < 400; n++) t.true(isClose(power(0.999, n), 0.999 ** n));
});

test('constant stays at the whole rate', (t) => {
  t.deepEqual(listRates('constant', {}, 3), [{ factor: 1 }, { factor: 1 }, { factor: 1 }]);
});

test('cosine climbs in equal steps, peaks once, then falls towards its end', (t) => {
  const rates = listRates('cosine', { warmup: 0.2, final: 0.1 }, 50).map(({ factor }) => factor);
  rates.slice(0, 10).forEach((factor, i) => t.true(isClose(factor, (i + 1) / 10)));
  rates.slice(10).forEach((factor, i) => t.true(isClose(factor, 0.1 + 0.9 * 0.5 * (1 + Math.cos((Math.PI * i) / 40)))));
  t.is(Math.max(...rates), 1);
});

test('cosine without warm-up starts at the whole rate, and a run of one step trains', (t) => {
  t.is(listRates('cosine', { warmup: 0 }, 5)[0]!.factor, 1);
  t.true(listRates('cosine', {}, 1)[0]!.factor > 0);
});

test('one-cycle starts at 1/25, peaks after a quarter and ends near 1/100000, momentum going the other way', (t) => {
  const rates = listRates('one-cycle', {}, 400);
  t.true(isClose(rates[0]!.factor, 1 / 25));
  t.true(isClose(rates[0]!.momentum!, 0.95));
  t.true(isClose(rates[100]!.factor, 1));
  t.true(isClose(rates[100]!.momentum!, 0.85));
  // Hand-worked: half way down, cos(pi / 2) = 0, so the mean of the two ends.
  t.true(isClose(rates[250]!.factor, (1 + 1e-5) / 2));
  t.true(isClose(rates[50]!.factor, (1 / 25 + 1) / 2));
  t.true(rates[399]!.factor < 1e-4 && rates[399]!.momentum! > 0.9499);
});

test('one-cycle that peaks at once or never has no gap', (t) => {
  t.true(isClose(listRates('one-cycle', { pctStart: 0 }, 10)[0]!.factor, 1));
  t.true(listRates('one-cycle', { pctStart: 1 }, 10).every(({ factor }) => factor > 0 && factor <= 1));
});

test('exponential grows by the same factor every step, from its first share towards the highest rate', (t) => {
  const rates = listRates('exponential', { first: 1e-8 }, 100);
  rates.forEach(({ factor, momentum }, k) => {
    t.true(Math.abs(factor / (1e-8 * (1 / 1e-8) ** (k / 100)) - 1) < 1e-9, `${k}: ${factor}`);
    t.is(momentum, undefined);
  });
});
