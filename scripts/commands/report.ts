// `pretext report`: a run as one page to look at.

import type { Command } from 'commander';
import { describeExits } from './exit-codes.js';
import { backendOption, jsonOption } from './options.js';

export interface ReportFlags {
  readonly out?: string;
  readonly pictures: boolean;
  readonly backend: string;
  readonly json?: boolean;
}

const EXAMPLES = `
One HTML file that asks for nothing else, of a run that is over, under way or broken off. \`pretext run\` writes it when it ends.

Examples:
  pretext report                               the newest run in runs/
  pretext report runs/2026-11-23-183005
  pretext report runs/2026-11-23-183005 --out report.html --no-pictures
`;

export function addReportCommand(program: Command): void {
  program
    .command('report')
    .argument('[run]', "the run's folder (default: the newest in runs/)")
    .description('write a page about a run: curves, verdicts, probes, pictures, provenance')
    .option('--out <file>', "where (default: report.html in the run's folder)")
    .option('--no-pictures', 'leave out what a network has to be run for')
    .addOption(backendOption())
    .addOption(jsonOption('what was written'))
    .addHelpText('after', EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'machine', 'stopped']))
    .action(async (run: string | undefined, flags: ReportFlags) => {
      const { writeReportOf } = await import('../actions/report.js');
      await writeReportOf(run, flags);
    });
}
