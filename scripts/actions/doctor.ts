// What `pretext doctor` does: looks at the machine, then at one backend after another, so that none slows another down, and
// prints what it finds.

import type { ProbeResult } from '../../worker/backends/backend.js';
import { automatic, backends, type BackendName } from '../../worker/backends/index.js';
import type { DoctorFlags } from '../commands/doctor.js';
import { EXIT } from '../commands/exit-codes.js';
import { examineBackend } from '../doctor/examine-backend.js';
import { examineMachine, type MachineReport } from '../doctor/examine-machine.js';
import type { Speed } from '../doctor/measure-speed.js';
import { formatBackend, formatConclusion, formatMachine } from '../format/doctor.js';

export interface BackendReport {
  readonly name: BackendName;
  /** Missing when the probe failed: see `problem`. */
  readonly probe?: ProbeResult;
  /** As a run's journal would record it. */
  readonly kind?: string;
  readonly speed?: Speed;
  /** Why it does not work although it is installed. */
  readonly problem?: string;
}

export interface DoctorReport {
  readonly machine: MachineReport;
  readonly backends: readonly BackendReport[];
  /** What `--backend auto` takes, or null where it takes none. */
  readonly auto: string | null;
  /** Whether a backend that is fit for training works. */
  readonly canTrain: boolean;
}

interface ExamineOptions {
  readonly runsFolder: string;
  readonly onMachine?: (machine: MachineReport) => void;
  readonly onBackend?: (backend: BackendReport) => void;
}

async function examine({ runsFolder, onMachine, onBackend }: ExamineOptions): Promise<DoctorReport> {
  const machine = await examineMachine(runsFolder);
  onMachine?.(machine);
  const reports: BackendReport[] = [];
  for (const name of Object.keys(backends) as BackendName[]) {
    const { probe, kind, speed, problem } = await examineBackend(name);
    const report = { name, ...(probe && { probe }), ...(kind && { kind }), ...(speed && { speed }), ...(problem && { problem }) };
    onBackend?.(report);
    reports.push(report);
  }
  const { choice } = await examineBackend('auto');
  const fit = new Set<string>(automatic.map(({ name }) => name));
  return { machine, backends: reports, auto: choice ?? null, canTrain: reports.some(({ name, speed }) => fit.has(name) && speed !== undefined) };
}

/** Prints each finding as it comes, or all of them as JSON; sets the exit code 1 when nothing can train. */
export async function printFindings({ out, json = false }: DoctorFlags): Promise<void> {
  const print = (text: string): void => { if (!json) process.stdout.write(text); };
  const report = await examine({
    runsFolder: out,
    onMachine: (machine) => print(`${formatMachine(machine)}\n`),
    onBackend: (backend) => print(formatBackend(backend)),
  });
  print(`\n${formatConclusion(report)}`);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  if (!report.canTrain) process.exitCode = EXIT.failed;
}
