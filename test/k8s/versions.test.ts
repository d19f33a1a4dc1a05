import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { MANIFESTS } from '../../scripts/kubernetes/render.js';
import { VERSION } from '../../shared/version.js';

const ROOT = join(MANIFESTS, '..');

test('wherever manifests, Dockerfile and manual give an image a version, it is that of the package', (t) => {
  const manifests = readdirSync(MANIFESTS, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const versionsIn = (path: string): string[] => [...readFileSync(path, 'utf8').matchAll(/(?:\/(?:coordinator|worker-\w+|\$image):|ARG VERSION=)(\d[\w.-]*\w)/g)].map((match) => match[1]!);
  for (const [paths, least] of [[manifests, 6], [[join(MANIFESTS, 'images/Dockerfile')], 2], [[join(ROOT, 'docs/kubernetes.md')], 1]] as const) {
    const versions = paths.flatMap(versionsIn);
    t.true(versions.length >= least, `${versions.length} in ${paths[0]}`);
    t.deepEqual(new Set(versions), new Set([VERSION]));
  }
});
