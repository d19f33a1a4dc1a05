// `pretext status`: the progress of a run, from its coordinator.

import type { Command } from 'commander';
import { addCredentialOptions, type CredentialFlags } from './credential-options.js';
import { jsonOption, urlOption } from './options.js';

export interface StatusFlags extends CredentialFlags {
  readonly url?: URL;
  readonly watch?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  pretext status                               the newest run in runs/
  pretext status --url http://10.0.0.1:7420 --watch
`;

export function addStatusCommand(program: Command): void {
  const command = program
    .command('status')
    .argument('[run]', "the run's folder (default: the newest in runs/)")
    .description('show the progress of a run')
    .option('-w, --watch', 'show it again every two seconds')
    .addOption(urlOption());
  addCredentialOptions(command, 'viewer')
    .addOption(jsonOption('the status'))
    .addHelpText('after', EXAMPLES)
    .action(async (run: string | undefined, flags: StatusFlags) => {
      const { showStatus } = await import('../actions/status.js');
      await showStatus(run, flags);
    });
}
