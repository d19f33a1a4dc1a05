import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { tryCommand } from '../../../scripts/tools/k8s-test/shell.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const TOOL = fileURLToPath(new URL('../../../scripts/tools/k8s-test.js', import.meta.url));

const testOn = (lab: string, path = ''): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [TOOL], { encoding: 'utf8', timeout: 60_000, env: { ...process.env, PRETEXT_K8S_LAB: lab, PATH: `${path}${delimiter}${process.env.PATH}` } });

test('without a cluster the test on one says that it is skipped', (t) => {
  const { status, stdout } = testOn('');
  t.is(status, 0);
  t.regex(stdout, /^skipped: there is no cluster/);
});

test('a cluster that does not say how it is reached leaves that of the user alone', async (t) => {
  const folder = await makeTempFolder(t);
  const called = join(folder, 'called');
  writeFileSync(join(folder, 'kubectl'), `#!/bin/sh\ntouch '${called}'\n`, { mode: 0o755 });
  for (const said of ['', join(folder, 'absent')]) {
    writeFileSync(join(folder, 'up'), `#!/bin/sh\necho '${said}'\n`, { mode: 0o755 });
    const { status, stderr } = testOn(folder, folder);
    t.is(status, 1, stderr);
    t.true(stderr.includes(`expected it to print the path of a kubeconfig, given "${said}"`), stderr);
  }
  t.false(existsSync(called));
});

test('a command that is called off is waited for', async (t) => {
  const stop = new AbortController();
  const program = "process.on('SIGTERM', () => setTimeout(() => process.exit(9), 200)); setInterval(() => {}, 1000); require('node:fs').writeFileSync(process.argv[1], '')";
  const ready = join(await makeTempFolder(t), 'ready');
  const ended = tryCommand(process.execPath, ['-e', program, ready], { signal: stop.signal, timeoutMs: 30_000 });
  while (!existsSync(ready)) await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort();
  t.is((await ended).code, 9);
});
