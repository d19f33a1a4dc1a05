import test from 'ava';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { createMediaCache } from '../../../worker/decode/media-cache.js';
import type { Media } from '../../../worker/decode/media.js';

/** Media of so many bytes, the last `soundBytes` of which are sound. */
function makeMedia(bytes: number, soundBytes = 0): Media {
  const frames = { dataNHWC: new Uint8Array(bytes - soundBytes), numFrames: 1, height: 1, width: (bytes - soundBytes) / 3 };
  return { frames, item: 0, ...(soundBytes > 0 && { sound: { samples: new Float32Array(soundBytes / 4), rateHz: 8 } }) };
}
const give = (bytes: number, soundBytes = 0) => () => Promise.resolve(makeMedia(bytes, soundBytes));

test('what was decoded is decoded once, however many ask at the same time', async (t) => {
  const cache = createMediaCache(1000);
  let numDecodes = 0;
  const decode = async (): Promise<Media> => {
    numDecodes += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return makeMedia(30);
  };
  const together = await Promise.all([cache.get('a', decode), cache.get('a', decode), cache.get('a', decode)]);
  t.is(new Set(together).size, 1);
  t.is(await cache.get('a', decode), together[0]);
  t.is(numDecodes, 1);
  t.deepEqual(cache.stats(), { hits: 3, misses: 1, failures: 0, bytes: 30 });
});

test('the least recently used goes first, and the bytes stay within the limit', async (t) => {
  const cache = createMediaCache(100);
  const a = await cache.get('a', give(48));
  await cache.get('b', give(48, 24));
  await cache.get('a', give(48));
  await cache.get('c', give(48, 48));
  t.is(cache.stats().bytes, 96);
  t.is(await cache.get('a', give(48)), a);
  t.is(cache.stats().misses, 3);
  await cache.get('b', give(48));
  t.is(cache.stats().misses, 4);
});

test('what is larger than the cache passes through and drives nothing out', async (t) => {
  const cache = createMediaCache(100);
  await cache.get('a', give(48));
  t.is((await cache.get('big', give(300))).frames.dataNHWC.length, 300);
  t.is(cache.stats().bytes, 48);
});

test('a file that cannot be decoded is tried once, a lost connection again', async (t) => {
  const cache = createMediaCache(100);
  let numTries = 0;
  const fail = (code: 'DECODE_FAILED' | 'UNREACHABLE') => () => {
    numTries += 1;
    return Promise.reject(new PretextError(code, 'no'));
  };
  for (let i = 0; i < 3; i++) await t.throwsAsync(cache.get('broken', fail('DECODE_FAILED')), { code: 'DECODE_FAILED' });
  t.is(numTries, 1);
  for (let i = 0; i < 3; i++) await t.throwsAsync(cache.get('far', fail('UNREACHABLE')), { code: 'UNREACHABLE' });
  t.is(numTries, 4);
  t.is((await cache.get('far', give(3))).frames.dataNHWC.length, 3);
  t.is(cache.stats().failures, 1);
});
