import test from 'ava';
import { countBytes, DEFAULT_LIMITS, fitShortSide } from '../../../worker/decode/limits.js';

test('the shorter side becomes the one asked for and the longer one even', (t) => {
  t.deepEqual(fitShortSide({ width: 1920, height: 1080 }, 128), { width: 228, height: 128 });
  t.deepEqual(fitShortSide({ width: 240, height: 427 }, 64), { width: 64, height: 114 });
  t.deepEqual(fitShortSide({ width: 33, height: 33 }, 45), { width: 45, height: 45 });
  t.deepEqual(fitShortSide({ width: 101, height: 100 }, 45), { width: 46, height: 45 });
  t.deepEqual(fitShortSide({ width: 1, height: 1 }, 64), { width: 64, height: 64 });
});

test('what is too many frames or bytes is refused before it is decoded', (t) => {
  t.is(countBytes(10, { width: 8, height: 4 }, DEFAULT_LIMITS), 960);
  t.throws(() => countBytes(10, { width: 8, height: 4 }, { ...DEFAULT_LIMITS, maxFrames: 9 }), { code: 'DECODE_LIMIT', message: /10 frames/ });
  t.throws(() => countBytes(1, { width: 1e6, height: 128 }, DEFAULT_LIMITS), { code: 'DECODE_LIMIT', message: /1000000x128/ });
});
