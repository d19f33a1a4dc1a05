// Coordinators that send what no coordinator sends: each ends the connection with one clear error, or is ignored.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { CLOSE } from '../../../shared/protocol/close-codes.js';
import { connect } from '../../../worker/client/connect.js';
import { leaseOf, MICROBATCHES, sampleOf, WELCOME, workFor, type FakeCoordinator, type Script } from '../../helpers/fake-coordinator.js';
import { LENGTH } from '../../helpers/fake-site.js';

const REFUSED: Record<string, readonly [Script, RegExp]> = {
  'no message at all': [(c) => { c.socket.send(Buffer.of(1, 2, 3)); return Promise.resolve(); }, /sent what no coordinator sends/],
  'another recipe, which is none': [(c) => { c.say({ ...WELCOME, recipe: { task: { name: '../../evil' } } }); return Promise.resolve(); }, /task|data/],
  'a greeting without a heartbeat': [(c) => { c.say({ ...WELCOME, heartbeatMs: 2 ** 50 }); return Promise.resolve(); }, /heartbeatMs/],
  'two greetings': [async (c) => { await c.greet(); c.say(WELCOME); }, /"welcome" came a second time/],
  'a state to keep that it has not': [async (c) => { await c.greet(); c.say({ type: 'begin', step: 4, source: 'keep', transfer: 1 }); }, /keep its state of step 4/],
  'a state that is longer than the layout': [async (c) => {
    await c.greet();
    c.say({ type: 'begin', step: 4, source: 'transfer', transfer: 1 });
    c.say({ type: 'state', transfer: 1, offset: 0, total: LENGTH + 1 }, new Float32Array(LENGTH + 1));
  }, /3001 numbers at 0 of a state of 3001/],
  'a microbatch that the recipe has not': [async (c) => { await c.begin(); c.say(leaseOf(1, MICROBATCHES, [sampleOf(0)])); }, /microbatch 2 of 2/],
  'an item that nobody trains on': [async (c) => { await c.begin(); c.say(leaseOf(1, 0, [sampleOf(5)])); }, /item 5 of 5/],
  'more samples than a microbatch has': [async (c) => { await c.begin(); c.say(leaseOf(1, 0, [sampleOf(0), sampleOf(1)])); }, /2 samples, expected 1/],
  'a step that is far ahead': [async (c) => { await c.begin(); c.say(leaseOf(9, 0, [sampleOf(0)])); }, /lease of step 9/],
  'an average out of bounds': [async (c) => { await c.begin(); c.say({ type: 'average', step: 1, offset: LENGTH, total: LENGTH }, new Float32Array(1)); }, /1 numbers at 3000 of an average/],
  'a commit of a step that is not the next': [async (c) => { await c.begin(); c.say({ type: 'commit', step: 2, weights: {}, digest: false }); }, /step 2 was committed after 0/],
  'averages of ever later steps': [async (c) => {
    await c.begin();
    for (let step = 1; step < 100; step++) c.say({ type: 'average', step, offset: 0, total: LENGTH }, new Float32Array(8));
  }, /average of step 2 came after step 0/],
};

for (const [what, [script, reason]] of Object.entries(REFUSED)) {
  test(`a coordinator that sends ${what} is left with one error`, async (t) => {
    t.timeout(30_000);
    const error = await t.throwsAsync(workFor(t, script));
    t.regex(error.message, reason);
  });
}

const finish = (c: FakeCoordinator): void => c.socket.close(CLOSE.finished, 'done');

const IGNORED: Record<string, Script> = {
  'thousands of beginnings': async (c) => {
    await c.greet();
    for (let i = 0; i < 5000; i++) c.say({ type: 'begin', step: 0, source: 'seed', transfer: i });
    await c.hear('synced');
    finish(c);
  },
  'all kinds of messages before it greets, and after the end': async (c) => {
    const messages = [leaseOf(1, 0, []), { type: 'release' }, { type: 'forget' }, { type: 'sendState', id: 1 }, { type: 'revoke', step: 3, microbatches: [7] }];
    for (const message of messages) c.say(message);
    await c.begin();
    finish(c);
    for (const message of messages) c.say(message);
  },
  'what it leased back, and more': async (c) => {
    await c.begin();
    c.say(leaseOf(1, 0, [sampleOf(0)]));
    c.say({ type: 'revoke', step: 1, microbatches: [0, 1, 99] });
    c.say({ type: 'revoke', step: 50, microbatches: [0] });
    c.say({ type: 'release' });
    finish(c);
  },
};

for (const [what, script] of Object.entries(IGNORED)) {
  test(`a coordinator that sends ${what} does no harm`, async (t) => {
    t.timeout(30_000);
    t.is(await workFor(t, script), 'finished');
  });
}

test('a coordinator that asks for more states than can be sent gets them in turn', async (t) => {
  t.timeout(30_000);
  let numStates = 0;
  t.is(await workFor(t, async (c) => {
    await c.begin();
    for (let id = 0; id < 100; id++) c.say({ type: 'sendState', id });
    while ((numStates = c.heard.filter((type) => type === 'snapshot').length) < 300) await new Promise((resolve) => setTimeout(resolve, 5));
    finish(c);
  }), 'finished');
  t.is(numStates, 300);
});

test('one that answers with a redirection is not followed', async (t) => {
  const server = createServer().on('upgrade', (_request, socket) => socket.end('HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  await t.throwsAsync(connect({ url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) }), { code: 'REFUSED', message: /answers 302/ });
});
