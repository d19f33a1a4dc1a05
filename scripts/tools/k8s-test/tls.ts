// What `pretext k8s render --tls` prints, applied in a namespace of its own. Nobody there makes certificates, so openssl makes what cert-manager would.

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunStatus } from '../../../coordinator/run/status.js';
import { EXIT } from '../../commands/exit-codes.js';
import { countActive, findFreePort, PRETEXT } from './cluster.js';
import { recipeText } from './lab.js';
import { expect, SLOW_MS, type Check, type Scenario } from './scenario.js';
import { runCommand, tryCommand, until, type Ended } from './shell.js';

const NAME = 'pretext-tls';
const TRAIN_MS = 900_000;

const kubectl = (args: readonly string[], input = ''): Promise<string> => runCommand('kubectl', ['-n', NAME, ...args], { input, timeoutMs: SLOW_MS });

/** An authority in `ca.crt`, and by it what a coordinator shows, in `tls.crt` and `tls.key`. */
async function makeCertificates(folder: string): Promise<void> {
  const path = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): Promise<string> => runCommand('openssl', args);
  const key = (name: string): string[] => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path(name)];
  await openssl('req', '-x509', ...key('ca.key'), '-out', path('ca.crt'), '-days', '2', '-subj', '/CN=pretext');
  await openssl('req', ...key('tls.key'), '-out', path('tls.csr'), '-subj', '/');
  // As k8s/components/tls/certificate.yaml has them.
  writeFileSync(path('names'), 'subjectAltName=critical,DNS:pretext-coordinator,DNS:localhost,IP:127.0.0.1\n');
  await openssl('x509', '-req', '-in', path('tls.csr'), '-CA', path('ca.crt'), '-CAkey', path('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', path('names'), '-out', path('tls.crt'));
}

/** Leaves nothing of it behind, which is how it begins too. */
async function clear(): Promise<void> {
  await kubectl(['delete', 'namespace', NAME, '--ignore-not-found', '--timeout=180s']);
  await kubectl(['delete', 'pv', `pretext-data-${NAME}`, '--ignore-not-found']);
}

async function apply(folder: string, { steps, data }: Scenario): Promise<void> {
  const recipe = join(folder, 'recipe.yaml');
  writeFileSync(recipe, recipeText('/data', steps));
  await kubectl(['apply', '-f', '-'], await runCommand(process.execPath, [PRETEXT, 'k8s', 'render', recipe, '--data', data, '--tls', '--namespace', NAME]));
  await kubectl(['create', 'secret', 'generic', 'pretext-tls', '--type=kubernetes.io/tls', ...['tls.crt', 'tls.key', 'ca.crt'].map((file) => `--from-file=${join(folder, file)}`)]);
  await kubectl(['rollout', 'status', 'statefulset/pretext-coordinator', '--timeout=200s']);
}

/** Runs a command of Pretext against the coordinator by a forwarded port, which is closed in the end. */
async function withAccess<Value>(work: (pretext: (args: readonly string[]) => Promise<Ended>) => Promise<Value>): Promise<Value> {
  const port = await findFreePort();
  const token = Buffer.from(await kubectl(['get', 'secret', 'pretext-tokens', '-o', 'jsonpath={.data.viewer}']), 'base64').toString();
  const forward = spawn('kubectl', ['-n', NAME, 'port-forward', 'svc/pretext-coordinator', `${port}:7420`], { stdio: 'ignore' });
  try {
    return await work((args) => tryCommand(process.execPath, [PRETEXT, ...args, '--url', `https://localhost:${port}`], { env: { PRETEXT_TOKEN: token } }));
  } finally {
    forward.kill();
  }
}

export const TLS: Check = {
  title: 'pretext k8s render --tls, applied: two workers train over TLS to the same digest',
  async run(scenario) {
    const folder = join(scenario.folder, 'tls');
    mkdirSync(folder, { recursive: true });
    await makeCertificates(folder);
    await clear();
    try {
      await apply(folder, scenario);
      const trusting = ['--tls-ca', join(folder, 'ca.crt')];
      return await withAccess(async (pretext) => {
        const untilStatus = (what: string, isWanted: (status: RunStatus) => boolean): Promise<RunStatus> =>
          until(what, async () => {
            const { code, stdout } = await pretext(['status', '--json', ...trusting]);
            const status = code === 0 ? (JSON.parse(stdout) as RunStatus) : undefined;
            return status && isWanted(status) ? status : undefined;
          }, TRAIN_MS);
        const { step } = await untilStatus('two workers and a step', (status) => countActive(status) === 2 && status.step > 0);
        const stranger = await pretext(['status']);
        expect(stranger.code === EXIT.refused && /certificate of .* cannot be trusted/.test(stranger.stderr), `whoever does not know the authority was not told so: ${stranger.code}, ${stranger.stderr}`);
        await untilStatus('the end', ({ state }) => state === 'finished');
        await kubectl(['wait', '--for=condition=complete', 'job/pretext-worker', '--timeout=120s']);
        const [logs, digest] = [await pretext(['logs', ...trusting]), await scenario.digest];
        expect(logs.stdout.includes(digest), `the log has no digest ${digest}: ${logs.stderr || logs.stdout.slice(-300)}`);
        return `two active at step ${step}; without --tls-ca: ${stranger.stderr.trim().split('\n')[0]}`;
      });
    } finally {
      await clear();
    }
  },
};
