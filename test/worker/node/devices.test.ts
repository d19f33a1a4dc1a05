import test from 'ava';
import { readDevices } from '../../../worker/node/device-choice.js';
import { findDevices, placeWorkers } from '../../../worker/node/devices.js';

const GPUS = [0, 1, 2].map((index) => ({ index, name: `GPU ${index}`, kind: 'gpu' as const }));

test('devices are all, numbers, or so many workers on the processor', (t) => {
  t.deepEqual(readDevices('all'), { type: 'all' });
  t.deepEqual(readDevices('0,2'), { type: 'some', devices: [0, 2] });
  t.deepEqual(readDevices('cpu:2'), { type: 'processor', count: 2 });
  t.deepEqual(readDevices('cpu'), { type: 'processor', count: 1 });
  for (const wrong of ['', 'gpu', 'cpu:0', 'cpu:999', '0,0', '0,', '-1', 'cpu:2,0', 'all,0']) t.is(readDevices(wrong), undefined, wrong);
});

test('each device gets one worker, the processor as many as are wanted', (t) => {
  const names = (choice: Parameters<typeof placeWorkers>[0], devices = GPUS): string[] => placeWorkers(choice, 'x', devices).map(({ name, device }) => `${name}=${device}`);
  t.deepEqual(names({ type: 'all' }), ['0=0', '1=1', '2=2']);
  t.deepEqual(names({ type: 'some', devices: [2, 0] }), ['2=2', '0=0']);
  t.throws(() => names({ type: 'some', devices: [0, 3] }), { message: '--devices 3: backend x has devices 0 to 2', code: 'BAD_ARGUMENT' });
  t.throws(() => names({ type: 'processor', count: 2 }), { message: /x does not compute on the processor here/, code: 'BAD_ARGUMENT' });
});

test('the processor is reached through simd where no backend is named', async (t) => {
  t.deepEqual(await findDevices({ type: 'processor', count: 2 }, 'auto'), { backend: 'simd', places: ['cpu0', 'cpu1'].map((name) => ({ name, device: 0, title: 'WebAssembly SIMD' })) });
  t.is((await findDevices({ type: 'processor', count: 1 }, 'cpu')).backend, 'cpu');
  await t.throwsAsync(findDevices({ type: 'some', devices: [1] }, 'simd'), { message: '--devices 1: backend simd has device 0 alone', code: 'BAD_ARGUMENT' });
});
