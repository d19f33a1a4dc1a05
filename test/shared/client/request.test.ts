import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { request, type RequestOptions } from '../../../shared/client/request.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { openHttpSite } from '../../helpers/http-site.js';
import { findFreePort } from '../../helpers/processes.js';

/** The error of a request to a server that answers so. */
async function errorOf(t: ExecutionContext, answer: RequestListener, options: RequestOptions = {}): Promise<PretextError> {
  const { url } = await openHttpSite(t, answer);
  const error = await t.throwsAsync(request({ url, token: 'mine' }, '/status', options), { instanceOf: PretextError });
  t.true(error.message.includes(url.origin));
  t.false(error.message.includes('mine'));
  return error;
}

const answering = (status: number, body = '', headers = {}): RequestListener => (_request, response) => void response.writeHead(status, headers).end(body);

test('the path, its query and the token arrive, and the answer is given back', async (t) => {
  const { url } = await openHttpSite(t, ({ url: path, headers }, response) => response.end(`${path} ${headers.authorization}`));
  t.is(await (await request({ url, token: 'mine' }, '/logs?since=3')).text(), '/logs?since=3 Bearer mine');
  t.is(await (await request({ url }, '/data/0')).text(), '/data/0 undefined');
});

test('a token that is refused is BAD_TOKEN, with what to do', async (t) => {
  for (const status of [401, 403]) t.like(await errorOf(t, answering(status)), { code: 'BAD_TOKEN', hint: 'Give the right one with --token or --token-file, which go before all variables.' });
  t.like(await errorOf(t, answering(403, "this needs the operator's")), { code: 'BAD_TOKEN', hint: "Give the operator's with --operator-token or --operator-token-file." });
});

test('a question that the coordinator does not understand is BAD_ARGUMENT, with what it says', async (t) => {
  const error = await errorOf(t, answering(400, 'since: expected a number\n'));
  t.is(error.code, 'BAD_ARGUMENT');
  t.regex(error.message, /does not understand: since: expected a number$/);
});

test('what is no coordinator is REFUSED: another status, another type, a redirection', async (t) => {
  const [missing, page, redirection] = await Promise.all([
    errorOf(t, answering(404, 'no such page')),
    errorOf(t, answering(200, '<html>', { 'content-type': 'text/html' }), { contentType: 'application/json' }),
    errorOf(t, answering(302, '', { location: 'http://127.0.0.1:1/' })),
  ]);
  t.deepEqual([missing.code, page.code, redirection.code], ['REFUSED', 'REFUSED', 'REFUSED']);
  t.regex(missing.message, /answers 404: no such page: it is no Pretext coordinator/);
  t.regex(redirection.message, /answers 302/);
});

test('a status that the caller takes care of is given back', async (t) => {
  const { url } = await openHttpSite(t, answering(404));
  t.is((await request({ url }, '/data/7', { statuses: [404] })).status, 404);
});

test('a coordinator that is away is UNREACHABLE, said by a proxy or by silence', async (t) => {
  t.is((await errorOf(t, answering(503))).code, 'UNREACHABLE');
  t.regex((await errorOf(t, (_request, response) => response.destroy())).message, /it hung up\.$/);
  const url = new URL(`http://127.0.0.1:${await findFreePort()}`);
  const error = await t.throwsAsync(request({ url }, '/status'), { instanceOf: PretextError });
  t.is(error.code, 'UNREACHABLE');
  t.regex(error.message, /nothing listens there\.$/);
  t.truthy(error.hint);
});

test('TLS to a port that has none is said', async (t) => {
  const { url } = await openHttpSite(t, answering(200));
  const error = await t.throwsAsync(request({ url: new URL(`https://${url.host}`) }, '/status'), { instanceOf: PretextError });
  t.regex(error.message, /does not speak TLS/);
});

test('an abort is thrown as it is', async (t) => {
  const { url } = await openHttpSite(t, () => {});
  const reason = new Error('enough');
  t.is(await t.throwsAsync(request({ url }, '/status', { signal: AbortSignal.abort(reason) })), reason);
});

test('an answer that breaks off on a kept connection is not asked for again', async (t) => {
  const answers: ServerResponse[] = [];
  const { url } = await openHttpSite(t, (_request, response) => {
    if (answers.push(response) === 1) response.end('whole');
    else response.writeHead(200, { 'content-length': '1000' }).write('some');
  });
  t.is(await (await request({ url }, '/a')).text(), 'whole');
  const broken = await request({ url }, '/b');
  t.is(answers[1]!.socket, answers[0]!.req.socket);
  answers[1]!.socket!.resetAndDestroy();
  await t.throwsAsync(broken.text());
  await sleep(100);
  t.is(answers.length, 2);
});

test('an answer that nobody reads holds no connection', async (t) => {
  t.timeout(10_000);
  let closed: Promise<unknown> | undefined;
  const { url } = await openHttpSite(t, ({ socket }, response) => {
    closed = once(socket, 'close');
    response.writeHead(200, { 'content-length': '1000' }).write('some');
  });
  const response = await request({ url }, '/a');
  await response.body!.cancel();
  t.deepEqual(await closed, [false]);
});
