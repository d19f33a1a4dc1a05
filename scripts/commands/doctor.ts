// `pretext doctor`: whether this machine can train, with what, how fast, and what to do about the rest.

import type { Command } from 'commander';
import { doctorAction } from '../actions/doctor.js';
import { formatBackend, formatConclusion, formatMachine } from '../format/doctor.js';
import { jsonOption } from './options.js';
import { FAILURE } from './report-error.js';
import { RUNS } from './run-folders.js';

export interface DoctorOptions {
  /** Where runs would be written. */
  readonly out: string;
  readonly json: boolean;
}

const EXAMPLES = `
Takes about six seconds for each backend that is here, and uses the first device of each as one worker would. Exits with 1 only
when nothing can train.

Examples:
  pretext doctor
  pretext doctor --json | jq '.backends[] | select(.speed) | {name, kind, speed}'
`;

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('show what this machine can train with, and how fast')
    .option('--out <dir>', 'folder whose free space counts', RUNS)
    .addOption(jsonOption('the findings'))
    .addHelpText('after', EXAMPLES)
    .action(({ out, json = false }: { readonly out: string; readonly json?: boolean }) => runCommand({ out, json }));
}

/** Prints each finding as it comes, or all of them as JSON; sets the exit code 1 when nothing can train. */
export async function runCommand({ out, json }: DoctorOptions): Promise<void> {
  const print = (text: string): void => { if (!json) process.stdout.write(text); };
  const report = await doctorAction({
    runsFolder: out,
    onMachine: (machine) => print(`${formatMachine(machine)}\n`),
    onBackend: (backend) => print(formatBackend(backend)),
  });
  print(`\n${formatConclusion(report)}`);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  if (!report.canTrain) process.exitCode = FAILURE;
}
