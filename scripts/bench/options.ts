// Options that several benchmarks share.

import { InvalidArgumentError, Option } from 'commander';
import { parseCount } from '../commands/options.js';
import type { Timing } from './measure.js';

export function secondsOption(seconds: number): Option {
  return new Option('--seconds <n>', 'how long to measure each').argParser(parseSeconds).default(seconds);
}

export function cpuOption(): Option {
  return new Option('--cpu', "the process's own time instead of wall time: steadier where other programs want the processor");
}

export interface TimingFlags {
  readonly seconds: number;
  readonly cpu?: boolean;
}

export function readTiming({ seconds, cpu }: TimingFlags): Timing {
  return { seconds, clock: cpu ? 'cpu' : 'wall' };
}

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= 3600)) throw new InvalidArgumentError('Expected a number of seconds from 0 to 3600.');
  return seconds;
}

/** Reads counts with commas between them. */
export function parseCounts(text: string): number[] {
  return text.split(',').map((part) => parseCount(part.trim()));
}
