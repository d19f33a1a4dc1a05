// A Vulkan driver in software, for tests of webgpu where there is no GPU: the one that the environment names, else the SwiftShader
// that Debian's chromium has with it.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

const FOLDER = '/usr/lib/chromium';

/** What a process needs in its environment to run webgpu in software; undefined where the driver is not installed. */
export function softwareGpuEnvironment(): Record<string, string> | undefined {
  if (process.env.PRETEXT_WEBGPU_SOFTWARE === '1') return {};
  const driver = join(FOLDER, 'vk_swiftshader_icd.json');
  if (!existsSync(driver)) return undefined;
  // Its folder has Vulkan's loader too.
  const libraries = [FOLDER, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: libraries, PRETEXT_WEBGPU_SOFTWARE: '1' };
}

export const NO_SOFTWARE_GPU = 'no Vulkan driver in software: `apt-get install chromium` brings one (SwiftShader)';

/** Runs a script of test/fixtures and returns what it printed, a line each. A process of its own: Vulkan reads its environment once. */
export async function runFixture(name: string, environment: Record<string, string>, args: readonly string[] = []): Promise<string[]> {
  const script = fileURLToPath(new URL(`../fixtures/${name}.js`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--enable-source-maps', script, ...args], { env: { ...process.env, ...environment }, maxBuffer: 2 ** 24 });
  return stdout.trim().split('\n');
}
