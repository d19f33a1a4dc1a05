import test from 'ava';
import { pino } from 'pino';
import type { Peer } from '../../../coordinator/replicas/peer.js';
import { createLagWatch, dropIdle, dropStrangers, judgeSilence, maxLag } from '../../../coordinator/replicas/watch.js';
import { CLOSE } from '../../../shared/protocol/close-codes.js';
import { createFakePeer } from '../../helpers/fake-peers.js';

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

const LARGE = 100_000_000;

test('a worker that does not keep up comes back with a fresh state, and is told to stay away when it never gets to work', (t) => {
  const watch = createLagWatch(LARGE, pino({ level: 'silent' }));
  const fall = (fields: Partial<Peer>): string | undefined => {
    const { peer, closed } = createFakePeer('slow', { session: 's', ...fields });
    watch.dropLaggards(new Set([peer]), 100);
    return closed[0]?.slice(0, 4);
  };
  t.is(fall({ phase: 'syncing', begun: 96 }), undefined);
  t.is(fall({ phase: 'standby' }), undefined);
  t.is(fall({ phase: 'syncing', begun: 95 }), '1012');
  t.is(fall({ phase: 'active', step: 95 }), '1012');
  t.is(fall({ phase: 'active', step: 95, samplesDone: 8 }), '1012');
  t.is(fall({ phase: 'syncing', begun: 95 }), '1012');
  t.is(fall({ phase: 'syncing', begun: 95 }), String(CLOSE.refused));
});

test('a worker that leaves and does not read what it is sent is let go too', (t) => {
  const { peer, closed } = createFakePeer('leaving', { phase: 'draining', step: 95 });
  createLagWatch(LARGE, pino({ level: 'silent' })).dropLaggards(new Set([peer]), 100);
  t.is(closed.length, 1);
});

test('a worker that gets no further in half an hour is let go; one that is in step, or waits for its turn, is not', (t) => {
  const log = pino({ level: 'silent' });
  for (const [phase, numClosed] of [['greeting', 1], ['syncing', 1], ['draining', 1], ['active', 0], ['standby', 0]] as const) {
    const { peer, closed } = createFakePeer('w', { phase, movedMs: 1000 });
    dropIdle(new Set([peer]), 1_800_999, log);
    t.is(closed.length, 0, phase);
    dropIdle(new Set([peer]), 1_801_000, log);
    t.is(closed.length, numClosed, phase);
  }
  const { peer, closed } = createFakePeer('', { phase: 'greeting' });
  dropIdle(new Set([peer]), 1e9, log);
  t.is(closed.length, 0);
});

test('falls of long ago are forgotten, so that they do not fill the memory', (t) => {
  const watch = createLagWatch(LARGE, pino({ level: 'silent' }));
  const fall = (session: string): string | undefined => {
    const { peer, closed } = createFakePeer('slow', { session, phase: 'active', step: 1 });
    watch.dropLaggards(new Set([peer]), 100);
    return closed[0]?.slice(0, 4);
  };
  for (const session of ['early', 'often', 'early', 'often']) t.is(fall(session), '1012');
  for (let i = 0; i < 1023; i++) fall(`other ${i}`);
  t.is(fall('often'), String(CLOSE.refused));
  t.is(fall('early'), '1012');
});

test('many small steps may pass while a state is loaded', (t) => {
  const watch = createLagWatch(1000, pino({ level: 'silent' }));
  const { peer, closed } = createFakePeer('loading', { phase: 'syncing', begun: 1 });
  watch.dropLaggards(new Set([peer]), 10_000);
  t.deepEqual(closed, []);
});

test('a connection that does not say who it is within ten seconds is cut off', (t) => {
  const [stranger, known] = [createFakePeer('', { id: '' }), createFakePeer('known')];
  const peers = new Set([stranger.peer, known.peer]);
  dropStrangers(peers, 9000, pino({ level: 'silent' }));
  t.deepEqual(stranger.closed, []);
  dropStrangers(peers, 10_000, pino({ level: 'silent' }));
  t.deepEqual([stranger.closed, known.closed], [['terminated'], []]);
});
