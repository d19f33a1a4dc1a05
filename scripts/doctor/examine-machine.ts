// What the machine has besides backends: processor, memory, disk, Node, ffmpeg, sharp. Each absent thing is a sentence, no error.

import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { dirname, resolve } from 'node:path';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { locateFfmpeg, type Ffmpeg } from '../../shared/datasets/ffmpeg.js';
import { measureMachine } from '../../worker/data/resources.js';

export interface Absent {
  readonly problem: string;
  readonly remedy?: string;
}

export interface MachineReport {
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  /** Where runs are written, and the free space there. */
  readonly runs: { readonly folder: string; readonly freeBytes: number };
  readonly ffmpeg: Ffmpeg | Absent;
  readonly sharp: { readonly version: string; readonly libvips: string } | Absent;
}

/** Describes what is missing by the error that was thrown. */
function describeAbsence(error: unknown): Absent {
  const remedy = error instanceof PretextError ? error.hint : undefined;
  return { problem: messageOf(error), ...(remedy === undefined ? {} : { remedy }) };
}

/** sharp loads a native library, so it may be installed and still not work. */
async function examineSharp(): Promise<MachineReport['sharp']> {
  try {
    const { default: sharp } = await import('sharp');
    await sharp({ create: { width: 1, height: 1, channels: 3, background: 'black' } }).raw().toBuffer();
    return { version: sharp.versions.sharp ?? 'unknown', libvips: sharp.versions.vips };
  } catch (error) {
    return { ...describeAbsence(error), remedy: 'Run `npm ci --include=optional`: it brings the library for this platform.' };
  }
}

/** Free bytes for users other than root. The folder need not exist yet. */
async function measureFreeBytes(folder: string): Promise<number> {
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  return bavail * bsize;
}

export async function examineMachine(runsFolder: string): Promise<MachineReport> {
  const folder = resolve(runsFolder);
  return {
    node: process.versions.node,
    platform: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    ...measureMachine(),
    freeMemoryBytes: process.availableMemory(),
    runs: { folder, freeBytes: await measureFreeBytes(folder) },
    ffmpeg: await locateFfmpeg().catch(describeAbsence),
    sharp: await examineSharp(),
  };
}
