import test from 'ava';
import { judgeSilence, maxLag } from '../../../coordinator/replicas/watch.js';

test('a worker may be many steps behind with a small model, a few with a large one', (t) => {
  t.is(maxLag(1000), 64);
  t.is(maxLag(11_000_000), 12);
  t.is(maxLag(1_000_000_000), 4);
});

test('a worker that was silent for ten heartbeats is cut off, unless it was this process that slept', (t) => {
  const heartbeatMs = 1000;
  t.is(judgeSilence({ sinceMs: 1000, silentMs: 9000, heartbeatMs }), 'fine');
  t.is(judgeSilence({ sinceMs: 1000, silentMs: 11_000, heartbeatMs }), 'cut off');
  t.is(judgeSilence({ sinceMs: 60_000, silentMs: 60_000, heartbeatMs }), 'forgive');
});
