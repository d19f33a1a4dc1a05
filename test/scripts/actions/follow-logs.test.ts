import test, { type ExecutionContext } from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followLogs, type FollowOptions } from '../../../scripts/actions/follow-logs.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { makeRecord, openLogSite } from '../../helpers/log-site.js';
import { until } from '../../helpers/processes.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

interface Follower {
  readonly messages: string[];
  readonly notes: string[];
  readonly done: Promise<void>;
  /** Waits until so many records have come. */
  until(count: number): Promise<void>;
}

function follow(t: ExecutionContext, options: Partial<FollowOptions> & Pick<FollowOptions, 'findUrl'>): Follower {
  const messages: string[] = [];
  const notes: string[] = [];
  const abort = new AbortController();
  t.teardown(() => abort.abort());
  const done = followLogs({
    follow: true,
    hasEnded: () => false,
    firstPauseMs: 10,
    longestPauseMs: 40,
    signal: abort.signal,
    onRecord: (line) => void messages.push((JSON.parse(line) as { msg: string }).msg),
    onNote: (note) => void notes.push(note),
    ...options,
  });
  // A test that expects a rejection awaits it later; the others see it instead of a wait that lasts.
  let failure: Error | undefined;
  done.catch((error: Error) => (failure = error));
  return {
    messages,
    notes,
    done,
    async until(count) {
      for (let waitedMs = 0; messages.length < count; waitedMs += 10) {
        if (failure !== undefined) throw failure;
        if (waitedMs > 20_000) throw new Error(`${messages.length} of ${count} records came`);
        await sleep(10);
      }
    },
  };
}

test('a follower sees every record once, in order, through kills and restarts of the coordinator', async (t) => {
  const folder = join(await makeTempFolder(t), 'logs');
  let site = await openLogSite({ folder });
  const { port, url } = site;
  const follower = follow(t, { findUrl: () => new URL(url) });
  const expected: string[] = [];
  const log = (msg: string): void => {
    expected.push(msg);
    site.hub.receive(`w${expected.length % 3}`, [makeRecord(msg)], 0);
  };
  t.teardown(() => site.kill());
  // Only the first attempt must find somebody.
  log('first');
  await follower.until(1);
  for (let life = 0; life < 4; life++) {
    for (let i = 0; i < 50; i++) {
      log(`life ${life}, record ${i}`);
      if (i % 10 === 0) await sleep(1);
    }
    // Some are on their way when it dies, and some are written before the follower is back.
    await site.kill();
    log(`life ${life}, to the file only`);
    await sleep(20);
    site = await openLogSite({ folder, port });
    log(`life ${life}, before the follower is back`);
  }
  await follower.until(expected.length);
  t.deepEqual(follower.messages, expected);
  t.true(follower.notes.includes('connected again'));
  await site.hub.finish();
  await follower.done;
});

test('a coordinator that comes back at another address is found', async (t) => {
  const folder = join(await makeTempFolder(t), 'logs');
  const before = await openLogSite({ folder });
  let url: string | undefined = before.url;
  const follower = follow(t, { findUrl: () => (url === undefined ? undefined : new URL(url)) });
  before.hub.receive('w1', [makeRecord('a')], 0);
  await follower.until(1);
  url = undefined;
  await before.kill();
  const after = await openLogSite({ folder });
  t.teardown(() => after.kill());
  after.hub.receive('w1', [makeRecord('b')], 0);
  await sleep(50);
  url = after.url;
  await follower.until(2);
  t.deepEqual(follower.messages, ['a', 'b']);
});

test('a follower leaves when the run has ended while it was not connected', async (t) => {
  const site = await openLogSite({ folder: join(await makeTempFolder(t), 'logs') });
  let hasEnded = false;
  const follower = follow(t, { findUrl: () => new URL(site.url), hasEnded: () => hasEnded });
  site.hub.receive('w1', [makeRecord('a')], 0);
  await follower.until(1);
  hasEnded = true;
  await site.kill();
  await t.notThrowsAsync(follower.done);
});

test('filters are kept through a restart', async (t) => {
  const folder = join(await makeTempFolder(t), 'logs');
  let site = await openLogSite({ folder });
  const { port, url } = site;
  const follower = follow(t, { findUrl: () => new URL(url), worker: 'w1', level: 'warn' });
  const logAll = (name: string): void => {
    site.hub.receive('w1', [makeRecord(`${name} info`), makeRecord(`${name} warn`, 40)], 0);
    site.hub.receive('w2', [makeRecord(`${name} other`, 50)], 0);
  };
  logAll('a');
  await follower.until(1);
  await site.kill();
  site = await openLogSite({ folder, port });
  t.teardown(() => site.kill());
  logAll('b');
  await follower.until(2);
  t.deepEqual(follower.messages, ['a warn', 'b warn']);
});

test('a connection that has gone silent is given up and taken up again', async (t) => {
  const site = await openLogSite({ folder: join(await makeTempFolder(t), 'logs'), keepAliveMs: 60_000 });
  t.teardown(() => site.kill());
  const follower = follow(t, { findUrl: () => new URL(site.url), silenceMs: 300 });
  site.hub.receive('w1', [makeRecord('a')], 0);
  await follower.until(1);
  for (let waitedMs = 0; follower.notes.length < 2 && waitedMs < 10_000; waitedMs += 20) await sleep(20);
  t.deepEqual(follower.notes.slice(0, 2), ['connection to the coordinator lost: waiting for it to come back', 'connected again']);
  site.hub.receive('w1', [makeRecord('b')], 0);
  await follower.until(2);
  t.deepEqual(follower.messages, ['a', 'b']);
});

test('what cannot be cured by waiting is an error at once', async (t) => {
  const site = await openLogSite({ folder: join(await makeTempFolder(t), 'logs'), token: 'right' });
  const codeOf = async (options: Partial<FollowOptions>): Promise<string> => {
    const error = await t.throwsAsync(follow(t, { findUrl: () => new URL(site.url), ...options }).done, { instanceOf: PretextError });
    return error?.code ?? '';
  };
  t.is(await codeOf({ credentials: { token: 'wrong' } }), 'BAD_TOKEN');
  t.is(await codeOf({ credentials: { token: 'right' }, since: -1 }), 'BAD_ARGUMENT');
  await site.kill();
  t.is(await codeOf({ credentials: { token: 'right' } }), 'UNREACHABLE');
});

test('a token that is revoked is said, its file read again, and given up when no other comes', async (t) => {
  const folder = await makeTempFolder(t);
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'first');
  let site = await openLogSite({ folder: join(folder, 'logs'), token: 'first' });
  const { port, url } = site;
  t.teardown(() => site.kill());
  const follower = follow(t, { findUrl: () => new URL(url), credentials: { tokenFile }, refusedMs: 1000 });
  site.hub.receive('w1', [makeRecord('a')], 0);
  await follower.until(1);
  const revoke = async (token: string): Promise<void> => {
    const before = follower.notes.length;
    await site.kill();
    site = await openLogSite({ folder: join(folder, 'logs'), port, token });
    await until('the refusal', () => follower.notes.slice(before).find((note) => /refuses the token\. Tried again for 1 seconds at most: its files may change\.$/.test(note)));
  };
  await revoke('second');
  await writeFile(tokenFile, 'second');
  await until('the new token', () => follower.notes.at(-1) === 'connected again' || undefined);
  site.hub.receive('w1', [makeRecord('b')], 0);
  await follower.until(2);
  await revoke('third');
  await t.throwsAsync(follower.done, { code: 'BAD_TOKEN', message: /refuses the token/ });
});
