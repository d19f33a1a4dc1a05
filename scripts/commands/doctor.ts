// `pretext doctor`: whether this machine can train, with what, how fast, and what to do about the rest.

import type { Command } from 'commander';
import { RUNS } from '../actions/run-folders.js';
import { jsonOption } from './options.js';

export interface DoctorFlags {
  /** Where runs would be written. */
  readonly out: string;
  readonly json?: boolean;
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
    .action(async (flags: DoctorFlags) => {
      const { printFindings } = await import('../actions/doctor.js');
      await printFindings(flags);
    });
}
