import test from 'ava';
import type { Peer } from '../../../coordinator/replicas/peer.js';
import { createReplicaCheck } from '../../../coordinator/replicas/replica-check.js';
import { createFakePeer } from '../../helpers/fake-peers.js';

const peerNamed = (id: string): Peer => createFakePeer(id).peer;
const a = peerNamed('a');
const b = peerNamed('b');
const c = peerNamed('c');

test('the replica that differs is named once all in step have reported', (t) => {
  const check = createReplicaCheck();
  t.deepEqual(check.report(a, 4, 'x', [a, b, c]), []);
  t.deepEqual(check.report(b, 4, 'y', [a, b, c]), []);
  t.deepEqual(check.report(c, 4, 'x', [a, b, c]), [b]);
});

test('reports of different steps are not compared', (t) => {
  const check = createReplicaCheck();
  check.report(a, 4, 'x', [a, b]);
  t.deepEqual(check.report(b, 8, 'y', [a, b]), []);
  t.deepEqual(check.report(a, 8, 'y', [a, b]), []);
  t.deepEqual(check.report(b, 4, 'x', [a, b]), []);
});

test('a worker that is gone is not waited for, and may have been the one that differs', (t) => {
  const check = createReplicaCheck();
  check.report(b, 4, 'y', [a, b, c]);
  check.report(a, 4, 'x', [a, b, c]);
  t.deepEqual(check.report(c, 4, 'x', [a, c]), [b]);
});

test('a worker that never reports does not fill the memory: of many steps only the last are kept', (t) => {
  const check = createReplicaCheck();
  for (let step = 1; step <= 17; step++) check.report(a, step, 'x', [a, b]);
  t.deepEqual(check.report(b, 1, 'y', [a, b]), []);
  t.deepEqual(check.report(b, 17, 'y', [a, b]), [b]);
});

test('of two that differ the one that was right before is right, whoever speaks first', (t) => {
  const [known, newcomer] = [peerNamed('known'), peerNamed('newcomer')];
  const check = createReplicaCheck();
  check.report(known, 2, 'x', [known]);
  check.report(newcomer, 4, 'y', [known, newcomer]);
  t.deepEqual(check.report(known, 4, 'x', [known, newcomer]), [newcomer]);
});
