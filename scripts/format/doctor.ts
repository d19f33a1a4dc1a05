// The doctor's findings as text for people, in the order in which they come.

import type { BackendReport, DoctorReport } from '../actions/doctor.js';
import type { Absent, MachineReport } from '../doctor/examine-machine.js';

const LITTLE_BYTES = 2 ** 30;
const SOURCES = { environment: 'from FFMPEG_PATH', path: 'from PATH', npm: 'from npm' } as const;

const formatBytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
const formatSpeed = (gflops: number): string => `${gflops.toPrecision(3)} GFLOP/s`;

/** A subject in a column of its own; more lines stand below its first one. */
function formatEntry(subject: string, [first, ...rest]: readonly string[]): string {
  return [subject.padEnd(12) + first, ...rest.map((line) => ' '.repeat(12) + line)].join('\n');
}

function formatAbsent({ problem, remedy }: Absent): string[] {
  return [`WARNING: ${problem}`, ...(remedy === undefined ? [] : [remedy])];
}

function formatFfmpeg(ffmpeg: MachineReport['ffmpeg']): string[] {
  if ('problem' in ffmpeg) return [...formatAbsent(ffmpeg), 'Images work without it; videos do not.'];
  const { version, source, warning } = ffmpeg;
  return [`${version} ${SOURCES[source]}: ${ffmpeg.ffmpeg}`, `ffprobe: ${ffmpeg.ffprobe}`, ...(warning === undefined ? [] : [`WARNING: ${warning}`])];
}

export function formatMachine(machine: MachineReport): string {
  const { node, platform, processor, cores, memoryBytes, freeMemoryBytes, runs, ffmpeg, sharp } = machine;
  const lines = [
    formatEntry('machine', [`${platform}, ${processor}, ${cores} cores, ${formatBytes(memoryBytes)} memory, ${formatBytes(freeMemoryBytes)} free`]),
    formatEntry('node', [node]),
    formatEntry('runs', [
      `${runs.folder}, ${formatBytes(runs.freeBytes)} free`,
      ...(runs.freeBytes < LITTLE_BYTES ? ['WARNING: little room for checkpoints; --out DIR puts a run elsewhere.'] : []),
    ]),
    formatEntry('ffmpeg', formatFfmpeg(ffmpeg)),
    formatEntry('sharp', 'problem' in sharp ? formatAbsent(sharp) : [`${sharp.version}, libvips ${sharp.libvips}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function describeBackend({ probe, kind, speed, problem }: BackendReport): string[] {
  if (probe?.available === false) return [`absent: ${probe.reason}`, probe.remedy];
  const devices = (probe?.devices ?? []).map(({ index, name, kind: type }) => `device ${index}: ${name} (${type})`);
  if (speed === undefined) return [`FAILS: ${problem ?? 'it ended before it was measured'}`, ...devices];
  const { matmulGflops, convolutionGflops } = speed;
  return [`${kind}: matmul ${formatSpeed(matmulGflops)}, 3x3 convolution with gradients ${formatSpeed(convolutionGflops)}`, ...devices];
}

export function formatBackend(report: BackendReport): string {
  return `${formatEntry(report.name, describeBackend(report))}\n`;
}

export function formatConclusion({ auto, canTrain, backends }: DoctorReport): string {
  const chosen = backends.find(({ name }) => name === auto);
  if (chosen?.speed !== undefined) return `--backend auto takes ${auto}.\n`;
  const working = backends.filter(({ speed }) => speed !== undefined).map(({ name }) => name);
  const what = auto === null ? '--backend auto finds none' : `--backend auto takes ${auto}, which fails`;
  return `${what}. ${canTrain ? `Name one that works: ${working.join(', ')}.` : 'Nothing here can train.'}\n`;
}
