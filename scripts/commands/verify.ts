// `pretext verify`: whether a run's journal proves that every planned sample was counted once.

import type { Command } from 'commander';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { jsonOption } from './options.js';
import { checkRunFolder } from './run-folders.js';

export interface VerifyOptions {
  /** The run's folder. */
  readonly run: string;
  readonly json: boolean;
}

const EXAMPLES = `
Exits with 0 only when every planned sample was counted once.

Examples:
  pretext verify runs/2026-11-23-183005
`;

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .argument('<run>', "the run's folder")
    .description('prove from the journal that every sample was counted once')
    .addOption(jsonOption('the proof'))
    .addHelpText('after', EXAMPLES)
    .action((run: string, { json = false }: { readonly json?: boolean }) => runCommand({ run: checkRunFolder(run), json }));
}

/** Checks the journal and prints what it proves; sets the exit code 1 when it does not. */
export function runCommand(options: VerifyOptions): Promise<void> {
  return Promise.reject(new PretextError('BAD_STATE', `pretext verify is not wired yet (asked for ${options.run}).`));
}
