// The data that lies beside the repository on the machines it is developed on, and visible skips where something is absent.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';

/** Path of a folder of the test data, or undefined where there is none: PRETEXT_TEST_DATA, else ../shared/data. */
export function findTestData(name: string): string | undefined {
  // This file runs from build/test/helpers.
  const repository = resolve(import.meta.dirname, '../../..');
  const roots = [process.env.PRETEXT_TEST_DATA, resolve(repository, '../shared/data')];
  return roots.map((root) => root && join(root, name)).find((path) => path && existsSync(path));
}

/** Passes a test that cannot run here, saying why. */
export function skipWithReason(t: ExecutionContext, reason: string): void {
  t.log(`SKIPPED: ${reason}`);
  t.pass();
}
