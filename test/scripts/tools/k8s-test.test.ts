import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';

test('without a cluster the test on one says that it is skipped', (t) => {
  const tool = fileURLToPath(new URL('../../../scripts/tools/k8s-test.js', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [tool], { encoding: 'utf8', env: { ...process.env, PRETEXT_K8S_LAB: '' } });
  t.is(status, 0);
  t.regex(stdout, /^skipped: there is no cluster/);
});
