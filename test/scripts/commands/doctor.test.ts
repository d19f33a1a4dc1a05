import test from 'ava';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DoctorReport } from '../../../scripts/actions/doctor.js';
import { formatBackend, formatConclusion, formatMachine } from '../../../scripts/format/doctor.js';
import { examineBackend } from '../../../scripts/doctor/examine-backend.js';
import { backends } from '../../../worker/backends/index.js';
import { startPretext } from '../../helpers/processes.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const MISBEHAVE = new URL('../../fixtures/misbehave.js', import.meta.url);

test('the command examines every backend of the registry and measures those that are here', async (t) => {
  t.timeout(300_000);
  const folder = join(await makeTempFolder(t), 'runs', 'deep');
  const command = startPretext(t, ['doctor', '--json', '--out', folder]);
  let stdout = '';
  command.child.stdout!.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
  await once(command.child, 'close');
  t.is(await command.exited, 0, command.output());
  const report = JSON.parse(stdout) as DoctorReport;
  t.deepEqual(report.backends.map(({ name }) => name), Object.keys(backends) as (keyof typeof backends)[]);
  for (const { name, probe, kind, speed, problem } of report.backends) {
    t.is(problem, undefined, name);
    if (probe?.available === false) {
      t.log(`SKIPPED: ${name} is absent here: ${probe.reason}`);
      t.true(probe.remedy.length > 0);
      continue;
    }
    t.true(kind!.startsWith(name));
    t.log(`${kind}: ${speed!.matmulGflops.toFixed(1)} and ${speed!.convolutionGflops.toFixed(1)} GFLOP/s`);
    t.true(speed!.matmulGflops > 0 && speed!.convolutionGflops > 0);
  }
  const { auto, machine, canTrain } = report;
  t.true(canTrain);
  t.true(report.backends.find(({ name }) => name === auto)?.speed !== undefined, `auto is ${auto}`);
  t.is(machine.node, process.versions.node);
  t.is(machine.runs.folder, folder);
  t.true(machine.runs.freeBytes > 0 && machine.freeMemoryBytes > 0 && machine.freeMemoryBytes <= machine.memoryBytes);
  t.true('version' in machine.ffmpeg && 'version' in machine.sharp);
});

test('its help has examples', async (t) => {
  const command = startPretext(t, ['doctor', '--help']);
  t.is(await command.exited, 0);
  t.regex(command.output(), /Examples:\n {2}pretext doctor\n/);
});

test('a backend that crashes, ends its process or hangs is a finding, with what was known before', async (t) => {
  const examine = (how: string): ReturnType<typeof examineBackend> => examineBackend(how, { script: MISBEHAVE, timeoutMs: 3000 });
  const [crash, exit, hang] = await Promise.all([examine('crash'), examine('exit'), examine('hang')]);
  t.is(crash.problem, 'was ended by SIGSEGV');
  t.is(exit.problem, 'ended with exit code 3: out of device memory');
  t.is(hang.problem, 'gave no answer within 3 s');
  for (const { probe } of [crash, exit, hang]) t.deepEqual(probe, { available: true, devices: [] });
});

const machine: DoctorReport['machine'] = {
  node: '20.19.0', platform: 'linux x64', processor: 'AMD EPYC', cores: 2, memoryBytes: 2 ** 34, freeMemoryBytes: 2 ** 33,
  runs: { folder: '/data/runs', freeBytes: 2 ** 29 },
  ffmpeg: { ffmpeg: '/n/ffmpeg', ffprobe: '/n/ffprobe', source: 'npm', version: '4.0', warning: 'built in 2018' },
  sharp: { problem: 'no libvips', remedy: 'Install it.' },
};
const absent = { name: 'tensorflow', probe: { available: false, reason: 'not installed', remedy: 'Install it.' } } as const;
const broken = { name: 'simd', probe: { available: true, devices: [] }, kind: 'simd/x', problem: 'was ended by SIGILL' } as const;
const slow = { name: 'cpu', probe: { available: true, devices: [] }, kind: 'cpu', speed: { matmulGflops: 0.5, convolutionGflops: 0.02 } } as const;

test('what is second best or missing is a warning, with what to do', (t) => {
  const text = formatMachine(machine);
  t.regex(text, /WARNING: little room/);
  t.regex(text, /WARNING: built in 2018/);
  t.regex(text, /WARNING: no libvips\n +Install it\./);
  t.regex(formatMachine({ ...machine, ffmpeg: { problem: 'no ffmpeg' } }), /WARNING: no ffmpeg\n +Images work without it/);
});

test('a backend is shown with its kind and speed, why it is absent, or how it fails', (t) => {
  t.is(formatBackend(absent), 'tensorflow  absent: not installed\n            Install it.\n');
  t.is(formatBackend(broken), 'simd        FAILS: was ended by SIGILL\n');
  t.is(formatBackend(slow), 'cpu         cpu: matmul 0.500 GFLOP/s, 3x3 convolution with gradients 0.0200 GFLOP/s\n');
});

test('the conclusion names what auto takes, or what works instead', (t) => {
  const report = { machine, backends: [absent, broken, slow], auto: 'simd', canTrain: false };
  t.is(formatConclusion(report), '--backend auto takes simd, which fails. Nothing here can train.\n');
  t.is(formatConclusion({ ...report, auto: 'cpu' }), '--backend auto takes cpu.\n');
  t.is(formatConclusion({ ...report, canTrain: true, auto: null }), '--backend auto finds none. Name one that works: cpu.\n');
});
