// The promise over TLS, with certificates on both sides: the same bits while a worker is killed, the token and the certificate are
// changed in mid-run, and the coordinator is killed. And what is secret stands nowhere.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { RunStatus } from '../../coordinator/run/status.js';
import type { Endpoint } from '../../shared/client/endpoint.js';
import { request } from '../../shared/client/request.js';
import { makeCertificate, writeCertificate } from '../helpers/certificates.js';
import { makeImages } from '../helpers/data.js';
import { IS_LONG } from '../helpers/long.js';
import { startPretext, until, type Process, type TestRun } from '../helpers/processes.js';
import { createBitsBench } from '../helpers/same-bits.js';
import { makeTempFolder } from '../helpers/temp-folder.js';
import { skipWithReason } from '../helpers/test-data.js';

const SECRETS = ['open-sesame-1', 'open-sesame-2', 'steer-secret', 'look-secret'] as const;
const [FIRST, SECOND, OPERATOR, VIEWER] = SECRETS;

interface Site {
  readonly coordinatorFlags: readonly string[];
  readonly workerFlags: readonly string[];
  readonly tokenFile: string;
  /** Gives the coordinator another certificate. */
  renew(): Promise<void>;
  endpoint(url: string, token: string): Endpoint;
}

async function makeSite(t: ExecutionContext): Promise<Site> {
  const folder = await makeTempFolder(t);
  const authority = makeCertificate({ name: 'authority' });
  const issue = (name: string): Promise<{ cert: string; key: string }> => writeCertificate(folder, makeCertificate({ name, by: authority }), name);
  const { cert: ca } = await writeCertificate(folder, authority, 'ca');
  const [own, worker] = [await issue('coordinator'), await issue('worker')];
  const file = (name: string): string => join(folder, name);
  for (const [name, token] of [['token', FIRST], ['operator', OPERATOR], ['viewer', VIEWER]] as const) await writeFile(file(name), `${token}\n`);
  return {
    coordinatorFlags: [
      '--tls-cert', own.cert, '--tls-key', own.key, '--tls-client-ca', ca,
      '--token-file', file('token'), '--operator-token-file', file('operator'), '--viewer-token-file', file('viewer'),
    ],
    workerFlags: ['--tls-ca', ca, '--tls-cert', worker.cert, '--tls-key', worker.key, '--token-file', file('token')],
    tokenFile: file('token'),
    renew: async () => void (await issue('coordinator')),
    endpoint: (url, token) => ({ url: new URL(url), token, tls: { ca, ...worker } }),
  };
}

async function untilStep(endpoint: Endpoint, step: number): Promise<void> {
  await until(`step ${step}`, async () => {
    const status = await request(endpoint, '/status').then((answer) => answer.json() as Promise<RunStatus>, () => undefined);
    return status && status.step >= step ? true : undefined;
  });
}

async function operate(endpoint: Endpoint, action: 'pause' | 'continue'): Promise<void> {
  await (await request(endpoint, `/control/${action}`, { method: 'POST' })).text();
}

async function expectNoSecrets(t: ExecutionContext, { out }: TestRun, processes: readonly Process[]): Promise<void> {
  for (const { output } of processes) for (const secret of SECRETS) t.false(output().includes(secret));
  for (const { parentPath, name } of (await readdir(out, { recursive: true, withFileTypes: true })).filter((each) => each.isFile())) {
    const contents = await readFile(join(parentPath, name), 'latin1');
    for (const secret of SECRETS) t.false(contents.includes(secret), name);
  }
}

/** Arguments of every process of this machine that can be read. */
async function readArguments(): Promise<string> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  return (await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')))).join('\n');
}

test('over TLS a worker killed, token and certificate changed and a coordinator killed change no bit', async (t) => {
  if (!IS_LONG) return skipWithReason(t, 'it takes half a minute, and test/coordinator/server/tls.test.ts tries TLS on sockets: npm run test:long');
  t.timeout(180_000);
  const bench = await createBitsBench({ flags: ['--task', 'rotation'], steps: 24, checkpointEvery: 6, makeData: (folder) => makeImages(folder) });
  t.teardown(() => bench.dispose());
  const site = await makeSite(t);
  const run = await bench.start(t, ...site.coordinatorFlags);
  const url = run.url.replace('http:', 'https:');
  const [viewer, operator] = [site.endpoint(url, VIEWER), site.endpoint(url, OPERATOR)];
  const startWorker = (name: string, ...more: string[]): Process => startPretext(t, ['worker', '--join', url, '--name', name, ...site.workerFlags, ...more]);
  const [victim, survivor, node] = [startWorker('victim'), startWorker('survivor'), startWorker('node', '--devices', 'cpu:2')];
  await untilStep(viewer, 4);
  victim.child.kill('SIGKILL');
  const seen = await readArguments();
  t.true(seen.includes(site.tokenFile), 'arguments of processes cannot be read here');
  for (const secret of SECRETS) t.false(seen.includes(secret));

  await untilStep(viewer, 7);
  await operate(operator, 'pause');
  await writeFile(site.tokenFile, `${SECOND}\n`);
  await site.renew();
  await until('the token is read again', () => /tokens are read again/.test(run.coordinator.output()) || undefined);
  await until('the certificate is read again', () => /certificate is read again/.test(run.coordinator.output()) || undefined);
  await t.throwsAsync(request(site.endpoint(url, FIRST), '/status'), { code: 'BAD_TOKEN' });
  await operate(operator, 'continue');

  await untilStep(viewer, 14);
  run.coordinator.child.kill('SIGKILL');
  await run.coordinator.exited;
  const second = startPretext(t, ['coordinator', '--resume', '--listen', new URL(url).host, '--out', run.out, ...site.coordinatorFlags]);
  await bench.expectSameBits(t, run, second);
  for (const worker of [survivor, node]) t.is(await worker.exited, 0, worker.output());
  await expectNoSecrets(t, run, [run.coordinator, second, victim, survivor, node]);
});
