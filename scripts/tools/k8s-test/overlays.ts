// Asks the API server whether it would take every overlay, in a namespace that enforces `restricted`.

import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildOn } from '../../kubernetes/kustomize.js';
import { MANIFESTS } from '../../kubernetes/render.js';
import { tryCommand, runCommand } from './shell.js';

const LABEL = 'pod-security.kubernetes.io';

/** What kubectl says of an object whose definition the cluster lacks. */
const UNKNOWN = /no matches for kind "(\w+)"/;

/** Resolves with what is wrong with an overlay, or with nothing. */
async function judge(overlay: string, name: string): Promise<string | undefined> {
  const items = buildOn([], { resources: [join('overlays', overlay)], namespace: name }, MANIFESTS);
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: items.filter(({ kind }) => kind !== 'Namespace') });
  const { code, stderr } = await tryCommand('kubectl', ['apply', '--dry-run=server', '-f', '-'], { input: list });
  return code === 0 && stderr.trim() === '' ? undefined : stderr.trim().split('\n')[0];
}

/** Those that were accepted. Throws where an overlay is refused or warned of. */
export async function checkOverlays(): Promise<string> {
  const overlays = readdirSync(join(MANIFESTS, 'overlays')).sort();
  // One that was deleted takes a while to be gone.
  const name = `pretext-dry-run-${randomBytes(3).toString('hex')}`;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [`${LABEL}/enforce`]: 'restricted', [`${LABEL}/warn`]: 'restricted' } } };
  await runCommand('kubectl', ['apply', '-f', '-'], { input: JSON.stringify(namespace) });
  try {
    const [problems, unknown]: [string[], string[]] = [[], []];
    for (const overlay of overlays) {
      const problem = await judge(overlay, name);
      const kind = UNKNOWN.exec(problem ?? '')?.[1];
      if (kind !== undefined) unknown.push(`${overlay} not tried, for the cluster has no ${kind}`);
      else if (problem !== undefined) problems.push(`${overlay}: ${problem}`);
    }
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return [...overlays.filter((overlay) => !unknown.some((each) => each.startsWith(`${overlay} `))), ...unknown].join(', ');
  } finally {
    await runCommand('kubectl', ['delete', 'namespace', name, '--wait=false']);
  }
}
