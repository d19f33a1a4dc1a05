// Asks a Python with PyTorch, where there is one, for its time on the same work.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Times } from './measure.js';

/** The script lies in the sources, not in the build: from build/scripts/bench up to the root. */
const script = fileURLToPath(new URL('../../../scripts/bench/peer.py', import.meta.url));
const python = process.env.PRETEXT_PYTHON ?? 'python3';

/** Why there is no peer, or undefined where there is one. */
export function findPeerProblem(): string | undefined {
  try {
    execFileSync(python, ['-c', 'import torch'], { stdio: ['ignore', 'ignore', 'pipe'] });
    return undefined;
  } catch {
    return `no PyTorch to compare with: '${python}' cannot import torch (set PRETEXT_PYTHON to one that can)`;
  }
}

/** The peer's times. */
export function measurePeer(job: Readonly<Record<string, unknown>>): Times {
  const output = execFileSync(python, [script, JSON.stringify(job)], { encoding: 'utf8' });
  return JSON.parse(output) as Times;
}
