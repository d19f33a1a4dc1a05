// Asks a Python with PyTorch, where there is one, for its time on the same work.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Times } from './measure.js';

/** The script lies in the sources, not in the build: from build/scripts/bench up to the root. */
const script = fileURLToPath(new URL('../../../scripts/bench/peer.py', import.meta.url));
const namePython = (): string => process.env.PRETEXT_PYTHON ?? 'python3';

const DESCRIBE = `
import json, torch
print(json.dumps({"version": torch.__version__, "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None}))
`;

/** Ready for an answer, or the reason why there is none. */
export type Peer = { readonly device: 'cpu' | 'cuda'; readonly description: string } | { readonly problem: string };

/** PyTorch on the kind of device that ours computes on: a GPU is never compared with a processor. */
export function findPeer(kind: 'cpu' | 'gpu'): Peer {
  const python = namePython();
  let found: { readonly version: string; readonly gpu: string | null };
  try {
    found = JSON.parse(execFileSync(python, ['-c', DESCRIBE], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as typeof found;
  } catch {
    return { problem: `no PyTorch to compare with: '${python}' cannot import torch (set PRETEXT_PYTHON to one that can)` };
  }
  const { version, gpu } = found;
  if (kind === 'cpu') return { device: 'cpu', description: `PyTorch ${version} on the processor` };
  if (gpu !== null) return { device: 'cuda', description: `PyTorch ${version} on ${gpu}` };
  return { problem: `nothing to compare with: PyTorch ${version} of '${python}' finds no CUDA (set PRETEXT_PYTHON to one that does)` };
}

/** What the script printed for a job. Throws an Error with the last line that Python wrote, such as that of an exception. */
function runPeer(job: Readonly<Record<string, unknown>>): unknown {
  try {
    return JSON.parse(execFileSync(namePython(), [script, JSON.stringify(job)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
  } catch (cause) {
    const { stderr = '' } = cause as { readonly stderr?: string };
    throw new Error(`PyTorch: ${stderr.trim().split('\n').at(-1) || String(cause)}`, { cause });
  }
}

export function measurePeerGemm(job: Readonly<Record<string, unknown>>): Times {
  return runPeer({ type: 'gemm', ...job }) as Times;
}

export interface PeerStep {
  readonly numParameters: number;
  /** By arithmetic; TF32 is CUDA's. */
  readonly times: { readonly fp32: Times; readonly tf32?: Times };
}

export function measurePeerStep(job: Readonly<Record<string, unknown>>): PeerStep {
  return runPeer({ type: 'step', ...job }) as PeerStep;
}
