import test from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { Heap } from '../../../worker/backends/simd/heap.js';
import { loadKernels } from '../../../worker/backends/simd/kernels.js';

function createHeap(maximum: number): Heap {
  return new Heap(new WebAssembly.Memory({ initial: 1, maximum, shared: true }), 100, maximum);
}

test('ranges in use never overlap, and freed ones join until the first is whole again', (t) => {
  const heap = createHeap(256);
  const random = createRandom({ seed: 1, epoch: 0, sample: 0, purpose: 'heap' });
  const used = new Map<number, number>();
  for (let i = 0; i < 2000; i++) {
    if (used.size > 20 || (used.size > 0 && random.chance(0.4))) {
      const start = [...used.keys()][random.int(used.size)]!;
      used.delete(start);
      heap.free(start);
    } else {
      const bytes = random.int(20_000);
      const start = heap.allocate(bytes);
      t.true(start >= 100 && start % 64 === 0 && start + bytes + 16 <= heap.capacityBytes);
      for (const [other, size] of used) t.true(start + bytes <= other || other + size <= start);
      used.set(start, bytes);
    }
  }
  for (const start of used.keys()) heap.free(start);
  t.is(heap.usedBytes, 0);
  const capacity = heap.capacityBytes;
  heap.allocate(capacity - 300);
  t.is(heap.capacityBytes, capacity);
});

test('a full memory is an error that says what to do, and what was allocated stays', (t) => {
  const heap = createHeap(4);
  const start = heap.allocate(1000);
  const error = t.throws(() => heap.allocate(300_000), { instanceOf: PretextError, code: 'DEVICE_FULL' });
  t.regex(error.hint ?? '', /smaller batch\.microbatchSize/);
  heap.free(start);
  t.is(heap.usedBytes, 0);
});

test('freeing what is not allocated is an error', (t) => {
  t.throws(() => createHeap(4).free(128), { instanceOf: PretextError });
});

test.serial('a system that gives no address space for the memory is named with its remedy', async (t) => {
  const { Memory } = WebAssembly;
  t.teardown(() => { WebAssembly.Memory = Memory; });
  // What engines throw under `ulimit -v`.
  WebAssembly.Memory = function () { throw new RangeError('could not allocate memory'); } as unknown as typeof Memory;
  const error = await t.throwsAsync(loadKernels(1), { instanceOf: PretextError, code: 'BACKEND_ABSENT' });
  t.regex(error.hint ?? '', /ulimit -v/);
});
