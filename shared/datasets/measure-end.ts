// Where the picture of a video ends, read from its packets: for containers that only say how long the longest of their streams is, or
// until when, counted from a zero of their own.

import { SAFE_INPUT_OPTIONS } from './ffmpeg-input.js';
import { runProgram } from './ffmpeg-process.js';
import type { ProbeOptions } from './probe-video.js';

/** Beyond every end: reading begins at the last place that can be found without reading all before it. */
const LAST = '100000000%';

/** Time stamp of the end of the last frame, in seconds; undefined where no packet has one. Throws as runProgram does. */
export async function measureEnd(path: string, options: ProbeOptions): Promise<number | undefined> {
  return (await readEnd(path, options, ['-read_intervals', LAST]).catch(() => undefined)) ?? readEnd(path, options, []);
}

async function readEnd(path: string, { ffprobe, signal, timeoutMs = 20_000 }: ProbeOptions, where: readonly string[]): Promise<number | undefined> {
  let endS: number | undefined;
  let rest = '';
  function onOutput(chunk: Uint8Array): void {
    const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const [start, length] = line.split(',').map(Number);
      if (Number.isFinite(start)) endS = Math.max(endS ?? -Infinity, start! + (Number.isFinite(length) ? length! : 0));
    }
  }
  const args = ['-v', 'error', ...SAFE_INPUT_OPTIONS, ...where, '-select_streams', 'V:0', '-show_entries', 'packet=pts_time,duration_time', '-of', 'csv=p=0', `file:${path}`];
  await runProgram(ffprobe, args, { path, timeoutMs, signal, onOutput });
  return endS;
}
