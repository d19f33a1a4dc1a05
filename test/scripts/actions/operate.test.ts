// What is answered to an operator: real HTTP.

import test, { type ExecutionContext } from 'ava';
import { operate } from '../../../scripts/actions/operate.js';
import type { PretextError } from '../../../shared/errors/pretext-error.js';
import { openHttpSite } from '../../helpers/http-site.js';

const asJson = { 'content-type': 'application/json' };

test('why something cannot be done now is said as the coordinator says it', async (t) => {
  const asked: string[] = [];
  const { url } = await openHttpSite(t, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const error = { code: 'NOT_FOUND', message: 'there is no worker "a b/0".', hint: 'Connected: w1.' };
    response.writeHead(409, asJson).end(JSON.stringify({ error }));
  });
  await t.throwsAsync(operate('drain', { worker: 'a b/0', run: undefined, flags: { url } }), { code: 'NOT_FOUND', message: 'there is no worker "a b/0".' });
  t.deepEqual(asked, ['POST /control/drain?worker=a%20b%2F0']);
});

test('a code that this version does not know is a refusal', async (t) => {
  const { url } = await openHttpSite(t, (_request, response) => void response.writeHead(409, asJson).end('{"error":{"code":"NEW","message":"no"}}'));
  await t.throwsAsync(operate('checkpoint', { worker: undefined, run: undefined, flags: { url } }), { code: 'REFUSED', message: 'no' });
});

for (const [what, status, type, body, expected] of [
  ['a wrong token', 401, 'text/plain', '', { code: 'BAD_TOKEN' }],
  ['a coordinator without such routes', 404, 'text/plain', '', { code: 'REFUSED' }],
  ['an answer of another shape', 200, 'application/json', '[]', { code: 'REFUSED', message: /version/ }],
  ['an answer that is no JSON', 200, 'application/json', '{', { code: 'REFUSED' }],
  ['another site', 200, 'text/html', '<html>', { code: 'REFUSED' }],
] as const) {
  test(`${what} is said in a sentence`, async (t) => {
    const { url } = await openHttpSite(t, (_request, response) => void response.writeHead(status, { 'content-type': type }).end(body));
    await t.throwsAsync(operate('continue', { worker: undefined, run: undefined, flags: { url } }), expected);
  });
}

test('a coordinator that is not there is unreachable, also for stop', async (t) => {
  const site = await openHttpSite(t, () => {});
  await site.close();
  await t.throwsAsync(operate('stop', { worker: undefined, run: undefined, flags: { url: site.url } }), { code: 'UNREACHABLE' });
});

/** A run whose status is `state`, with `worker` for ever; `pause` is taken. */
const openRun = async (t: ExecutionContext, state: string, worker = 'w1'): Promise<URL> => (await openHttpSite(t, ({ url = '' }, response) => {
  const where = { state: url.includes('pause') ? 'pausing' : state, stage: 1, step: 9 };
  response.writeHead(200, asJson).end(JSON.stringify(url === '/status' ? { ...where, workers: [{ id: worker }] } : { ...where, workers: [worker] }));
})).url;

test('a pause that the end of the run came before, or somebody who continues, is an error', async (t) => {
  const pause = async (state: string): Promise<void> => operate('pause', { worker: undefined, run: undefined, flags: { url: await openRun(t, state), json: true } });
  await t.throwsAsync(pause('finished'), { code: 'REFUSED', message: 'the run has ended, at step 9: there is nothing to pause.' });
  await t.throwsAsync(pause('running'), { code: 'REFUSED', message: 'the run is not paused but running, at step 9: somebody has continued it.' });
});

test('a pause is refused where the coordinator is gone before it is so', async (t) => {
  const { url } = await openHttpSite(t, (request, response) => {
    if (request.url === '/status') request.socket.destroy();
    else response.writeHead(200, asJson).end('{"state":"pausing","stage":1,"step":9}');
  });
  await t.throwsAsync(operate('pause', { worker: undefined, run: undefined, flags: { url, json: true } }), { code: 'REFUSED', message: /has taken the pause, and has ended meanwhile/ });
});

test('a worker that does not leave is named when its time is over', async (t) => {
  const url = await openRun(t, 'running');
  const error = await t.throwsAsync(operate('drain', { worker: 'w1', run: undefined, flags: { url }, leaveMs: 1000 }), { code: 'REFUSED', message: 'w1: told to leave 1 seconds ago, and still there.' });
  t.regex((error as PretextError).hint!, /connecting again has not heard it: ask once more/);
});
