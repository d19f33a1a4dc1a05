// `node build/scripts/tools/k8s-test.js --lab DIR`: proves the manifests on a cluster of one node, one line a check. DIR has the scripts `up`,
// `rootfs-node`, `image` and `crds`; without it the test is skipped, visibly. The namespaces `pretext` and `pretext-tls` of that cluster are
// deleted first.

import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Command } from 'commander';
import { messageOf } from '../../shared/errors/pretext-error.js';
import { NAMESPACE, openAccess, PRETEXT, type Tokens } from './k8s-test/cluster.js';
import { DISTURBANCES } from './k8s-test/disturbances.js';
import { describeSecret, loadImages, recipeText, writeKustomization } from './k8s-test/lab.js';
import { OPERATIONS } from './k8s-test/operations.js';
import { checkOverlays } from './k8s-test/overlays.js';
import { makePictures } from './k8s-test/pictures.js';
import { RESULTS } from './k8s-test/results.js';
import type { Check, Scenario } from './k8s-test/scenario.js';
import { runCommand } from './k8s-test/shell.js';
import { TLS } from './k8s-test/tls.js';

interface Flags {
  /** Empty where there is none. */
  readonly lab: string;
  readonly steps: string;
  readonly images: boolean;
}

const LONG_MS = 1_800_000;
const CRDS = ['jobset', 'kueue', 'cert-manager'];

let failures = 0;

/** One line of the table. */
async function report(title: string, check: () => Promise<string>): Promise<void> {
  const startMs = performance.now();
  const say = (verdict: string, what: string): void => console.log(`${verdict}  ${title} (${((performance.now() - startMs) / 1000).toFixed(0)} s): ${what}`);
  try {
    say('ok  ', await check());
  } catch (error) {
    failures++;
    say('FAIL', messageOf(error));
  }
}

/** What the same recipe gives on one worker and no cluster. */
async function findDigest(work: string, steps: number, signal: AbortSignal): Promise<string> {
  const recipe = join(work, 'reference.yaml');
  const out = join(work, 'reference');
  writeFileSync(recipe, recipeText(join(work, 'data'), steps));
  await runCommand(process.execPath, [PRETEXT, 'run', recipe, '--workers', '1', '--out', out, '--level', 'warn'], { timeoutMs: LONG_MS, signal });
  return (JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as { digest: string }).digest;
}

const drawTokens = (): Tokens => {
  const draw = (): string => randomBytes(24).toString('hex');
  return { worker: draw(), operator: draw(), viewer: draw() };
};

/** The namespace with the tokens in it, and nothing else. */
async function clearNamespace(folder: string, tokens: Tokens): Promise<void> {
  await runCommand('kubectl', ['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--timeout=180s'], { timeoutMs: LONG_MS });
  await runCommand('kubectl', ['delete', 'pv', 'pretext-data', '--ignore-not-found']);
  const namespace = await runCommand('kubectl', ['kustomize', folder]).then((text) => text.split('---\n').find((each) => /^kind: Namespace$/m.test(each))!);
  await runCommand('kubectl', ['apply', '-f', '-'], { input: namespace });
  await runCommand('kubectl', ['apply', '-f', '-'], { input: describeSecret(tokens) });
}

async function runChecks(checks: readonly Check[], scenario: Scenario): Promise<void> {
  for (const { title, run } of checks) await report(title, () => run(scenario));
}

/** Starts the cluster, and nothing but it is meant from now on: without a file kubectl takes what its user has, and this test deletes. */
async function startCluster(lab: string): Promise<void> {
  const file = (await runCommand(join(lab, 'up'), [], { timeoutMs: LONG_MS })).trim();
  if (!existsSync(file)) throw new Error(`${join(lab, 'up')}: expected it to print the path of a kubeconfig, given "${file}".`);
  process.env.KUBECONFIG = file;
  process.env.PATH = `${join(file, '../bin')}${delimiter}${process.env.PATH}`;
}

async function testOn(lab: string, { steps, images }: Flags): Promise<void> {
  await startCluster(lab);
  const work = mkdtempSync(join(tmpdir(), 'pretext-k8s-'));
  chmodSync(work, 0o755);
  const data = join(work, 'data');
  const tokens = drawTokens();
  const access = await openAccess(tokens);
  const stop = new AbortController();
  let ended: Promise<unknown> | undefined;
  try {
    await makePictures(data, 24);
    await report('resource definitions of others are there', async () => runCommand(join(lab, 'crds'), CRDS, { timeoutMs: LONG_MS }).then(() => CRDS.join(', ')));
    const folder = writeKustomization(work, data, Number(steps));
    await clearNamespace(folder, tokens);
    await report('every overlay is accepted by the API server, under restricted', checkOverlays);
    if (images) await report('images of the coordinator and of the CPU worker', () => loadImages(lab, work));
    // Beside the run in the cluster, and looked at when that is over.
    const digest = findDigest(work, Number(steps), stop.signal);
    ended = digest.catch(() => undefined);
    await runChecks([...DISTURBANCES, ...OPERATIONS, ...RESULTS, TLS], { access, folder, data, digest, steps: Number(steps) });
  } finally {
    access.close();
    stop.abort();
    await ended;
    rmSync(work, { recursive: true, force: true });
  }
  console.log(failures === 0 ? 'all of it holds' : `${failures} of the checks failed`);
  if (failures > 0) process.exitCode = 1;
}

const command = new Command('k8s-test')
  .description('Proves the manifests on a cluster of one node.')
  .option('--lab <dir>', 'folder with the scripts of the cluster (default: PRETEXT_K8S_LAB)', process.env.PRETEXT_K8S_LAB ?? '')
  .option('--steps <n>', 'steps of the run: enough to outlast the checks', '800')
  .option('--no-images', 'take the images that the cluster has')
  .action(async (flags: Flags) => {
    if (flags.lab === '') console.log('skipped: there is no cluster (--lab DIR, or PRETEXT_K8S_LAB)');
    else await testOn(flags.lab, flags);
    process.exit();
  });
await command.parseAsync();
