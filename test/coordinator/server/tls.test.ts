// TLS, on real sockets with certificates of an authority that is made here: who trusts whom, and what is said when somebody does not.

import { readFile, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { createRoutes } from '../../../coordinator/server/routes.js';
import type { SecretsEvent } from '../../../coordinator/server/secrets.js';
import { startServer, type ServerOptions } from '../../../coordinator/server/server.js';
import type { Endpoint } from '../../../shared/client/endpoint.js';
import { request } from '../../../shared/client/request.js';
import { openSocket } from '../../../shared/client/socket.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { makeCertificate, writeCertificate, type CertificateFiles, type Wanted } from '../../helpers/certificates.js';
import { until } from '../../helpers/processes.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

interface Authority {
  readonly folder: string;
  /** The path of its own certificate. */
  readonly ca: string;
  issue(name: string, wanted?: Omit<Wanted, 'name' | 'by'>): Promise<CertificateFiles>;
}

async function createAuthority(t: ExecutionContext, name = 'authority'): Promise<Authority> {
  const folder = await makeTempFolder(t);
  const by = makeCertificate({ name });
  const { cert: ca } = await writeCertificate(folder, by, 'ca');
  return { folder, ca, issue: (name, wanted) => writeCertificate(folder, makeCertificate({ ...wanted, name, by }), name) };
}

async function start(t: ExecutionContext, options: Partial<ServerOptions>): Promise<URL> {
  const server = await startServer({
    host: '127.0.0.1', port: 0, insecure: false, chunkBytes: 4096, secrets: { worker: { token: 'secret' } }, secretsEveryMs: 20,
    routes: createRoutes({ onWorker: (socket) => socket.send('welcome'), getStatus: () => ({}), handleLogs: (_request, response) => void response.end('log'), findItem: () => undefined }),
    ...options,
  });
  t.teardown(() => server.close());
  return new URL(server.url);
}

/** What a client says that asks over HTTP and over a WebSocket: nothing where it gets in, else the same error. */
async function problemOf(t: ExecutionContext, endpoint: Endpoint): Promise<{ readonly code: string; readonly message: string; readonly hint?: string | undefined } | undefined> {
  const over = [request(endpoint, '/status').then((answer) => answer.text()), openSocket(endpoint, '/join', 1000).then((socket) => socket.terminate())];
  const [asked, joined] = await Promise.all(over.map((tried) => tried.then(() => undefined, (error: unknown) => error)));
  if (!asked && !joined) return undefined;
  t.true(asked instanceof PretextError && joined instanceof PretextError, String(asked ?? joined));
  t.is((asked as PretextError).message, (joined as PretextError).message);
  return asked as PretextError;
}

test('whoever trusts the authority gets in, and everyone else says why not in one sentence', async (t) => {
  const [authority, stranger] = [await createAuthority(t), await createAuthority(t, 'stranger')];
  const url = await start(t, { tls: await authority.issue('coordinator') });
  t.is(url.protocol, 'https:');
  const tls = { ca: authority.ca };
  t.is(await problemOf(t, { url, token: 'secret', tls }), undefined);
  t.like(await problemOf(t, { url, token: 'wrong', tls }), { code: 'BAD_TOKEN', message: `the coordinator at ${url.origin} refuses the token.` });
  const untrusted = { code: 'BAD_CERTIFICATE', message: `the certificate of ${url.origin} cannot be trusted: no authority that is trusted here has signed it.` };
  t.like(await problemOf(t, { url, token: 'secret' }), { ...untrusted, hint: 'Give the authority\'s certificate with --tls-ca or PRETEXT_TLS_CA.' });
  t.like(await problemOf(t, { url, token: 'secret', tls: { ca: stranger.ca } }), untrusted);
});

test('an authority of the same name is not the authority', async (t) => {
  const [authority, namesake] = [await createAuthority(t), await createAuthority(t)];
  const url = await start(t, { tls: await authority.issue('coordinator') });
  t.like(await problemOf(t, { url, token: 'secret', tls: { ca: namesake.ca } }), { code: 'BAD_CERTIFICATE', message: `the certificate of ${url.origin} cannot be trusted: no authority that is trusted here has signed it.` });
});

test('a certificate that has expired, and one for another host, are said', async (t) => {
  const authority = await createAuthority(t);
  const expired = await start(t, { tls: await authority.issue('expired', { hours: -1 }) });
  const other = await start(t, { tls: await authority.issue('other', { hosts: ['trainer.example', '10.0.0.1'] }) });
  const tls = { ca: authority.ca };
  t.like(await problemOf(t, { url: expired, tls }), { code: 'BAD_CERTIFICATE', message: `the certificate of ${expired.origin} cannot be trusted: it has expired.` });
  t.like(await problemOf(t, { url: other, tls }), { code: 'BAD_CERTIFICATE', message: `the certificate of ${other.origin} cannot be trusted: it is for trainer.example, 10.0.0.1, not for 127.0.0.1.` });
});

test('where clients need a certificate, its lack, its age and its authority are said, and health is told to anyone', async (t) => {
  const [authority, stranger] = [await createAuthority(t), await createAuthority(t, 'stranger')];
  const url = await start(t, { tls: { ...(await authority.issue('coordinator')), ca: authority.ca } });
  const showing = (files?: CertificateFiles): Promise<unknown> => problemOf(t, { url, token: 'secret', tls: { ca: authority.ca, ...files } });
  t.is(await showing(await authority.issue('worker')), undefined);
  const hint = 'Give a certificate that it takes with --tls-cert and --tls-key.';
  t.like(await showing(), { code: 'BAD_CERTIFICATE', message: `the coordinator at ${url.origin} refuses: client certificate missing.`, hint });
  t.like(await showing(await authority.issue('old', { hours: -1 })), { code: 'BAD_CERTIFICATE', message: `the coordinator at ${url.origin} refuses: client certificate has expired.` });
  t.regex((await showing(await stranger.issue('worker')) as PretextError).message, /refuses: client certificate is signed by no authority that is trusted here \(\w+\)\.$/);
  t.like(await problemOf(t, { url, token: 'wrong', tls: { ca: authority.ca, ...(await authority.issue('worker')) } }), { code: 'BAD_TOKEN' });
  t.is(await (await request({ url, tls: { ca: authority.ca } }, '/healthz')).text(), 'ok\n');
});

test('a session that is resumed is no certificate', async (t) => {
  const authority = await createAuthority(t);
  const url = await start(t, { tls: { ...(await authority.issue('coordinator')), ca: authority.ca } });
  const agent = new Agent({ ca: await readFile(authority.ca) });
  const ask = (): Promise<{ readonly isResumed: boolean; readonly status: number | undefined }> => new Promise((resolve, reject) => {
    get(new URL('/status', url), { agent, headers: { authorization: 'Bearer secret' } }, (answer) => {
      const isResumed = (answer.socket as TLSSocket).isSessionReused();
      answer.resume().once('end', () => resolve({ isResumed, status: answer.statusCode }));
    }).once('error', reject);
  });
  t.deepEqual([await ask(), await ask()], [{ isResumed: false, status: 403 }, { isResumed: true, status: 403 }]);
});

test('a certificate that changes is shown to new connections, and one that does not fit its key is not', async (t) => {
  const authority = await createAuthority(t);
  const files = await authority.issue('coordinator');
  const events: SecretsEvent[] = [];
  const url = await start(t, { tls: files, onSecrets: (event) => events.push(event) });
  const endpoint = { url, token: 'secret', tls: { ca: authority.ca } };
  const socket = await openSocket(endpoint, '/join', 1000);
  const next = await authority.issue('next', { hosts: ['elsewhere.example'] });
  await writeFile(files.cert, await readFile(next.cert));
  await until('the misfit is said', () => events.find(({ type }) => type === 'secretsUnusable'));
  t.is(await problemOf(t, { ...endpoint }), undefined);
  await writeFile(files.key, await readFile(next.key));
  await until('the change is said', () => events.find(({ type }) => type === 'certificateChanged'));
  const fresh = await openSocket(endpoint, '/join', 1000).then(() => undefined, (error: PretextError) => error);
  t.regex(fresh!.message, /it is for elsewhere\.example, not for 127\.0\.0\.1/);
  t.is(socket.readyState, socket.OPEN);
  socket.terminate();
});

test('files for TLS that cannot be used stop a coordinator at once', async (t) => {
  const authority = await createAuthority(t);
  const [one, two] = [await authority.issue('one'), await authority.issue('two')];
  const problem = async (tls: Endpoint['tls']): Promise<string> => (await t.throwsAsync(start(t, { tls: tls! }), { code: 'BAD_ARGUMENT' })).message;
  t.regex(await problem({ cert: one.cert, key: two.key }), /one\.crt, .*two\.key: certificate and key cannot be used together/);
  t.regex(await problem({ cert: join(authority.folder, 'gone'), key: one.key }), /^the certificate cannot be read: ENOENT/);
  t.regex(await problem({ cert: one.cert }), /given together/);
  await writeFile(one.cert, 'no certificate');
  t.regex(await problem({ cert: one.cert, key: one.key }), /is no PEM file/);
});

test('a client that speaks no TLS to a port that does is told how its address begins', async (t) => {
  const url = await start(t, { tls: await (await createAuthority(t)).issue('coordinator') });
  const error = await problemOf(t, { url: new URL(`http://${url.host}`), token: 'secret' });
  t.like(error, { code: 'UNREACHABLE', message: `cannot reach a coordinator at http://${url.host}: it hung up.` });
  t.regex(error!.hint!, /Where it speaks TLS its address begins with https:\/\/\.$/);
});
