// Python with the libraries that exports are for: PRETEXT_PYTHON, or python3.

import type { ExecutionContext } from 'ava';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { skipWithReason } from './test-data.js';

const run = promisify(execFile);
const PYTHON = process.env['PRETEXT_PYTHON'] ?? 'python3';
const TIMEOUT_MS = 100_000;
const SCRIPTS = new URL('../../../test/fixtures/export/', import.meta.url);

/** Runs a script of test/fixtures/export; gives the JSON in its last line. */
export type RunPython = (script: string, ...args: readonly string[]) => Promise<unknown>;

/** Undefined, with the reason in the log, where a module is not installed. */
export async function findPython(t: ExecutionContext, modules: readonly string[]): Promise<RunPython | undefined> {
  const missing = await findMissing(modules);
  if (missing !== undefined) {
    skipWithReason(t, `${missing}. Set PRETEXT_PYTHON to a Python with ${modules.join(', ')}.`);
    return undefined;
  }
  return async (script, ...args) => {
    const { stdout } = await run(PYTHON, [fileURLToPath(new URL(script, SCRIPTS)), ...args], { timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 ** 2 });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as unknown;
  };
}

/** Why it cannot run. Finding a module is much quicker than importing it. */
async function findMissing(modules: readonly string[]): Promise<string | undefined> {
  const find = 'import importlib.util as u, sys; print(",".join(m for m in sys.argv[1:] if u.find_spec(m) is None))';
  try {
    const { stdout } = await run(PYTHON, ['-c', find, ...modules], { timeout: TIMEOUT_MS });
    return stdout.trim() === '' ? undefined : `${PYTHON} has no ${stdout.trim()}`;
  } catch {
    return `${PYTHON} cannot be run`;
  }
}
