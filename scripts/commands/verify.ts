// `pretext verify`: whether a run's journal proves that every planned sample was counted once.

import type { Command } from 'commander';
import { jsonOption } from './options.js';

export interface VerifyFlags {
  readonly json?: boolean;
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
    .action(async (run: string, flags: VerifyFlags) => {
      const { printProof } = await import('../actions/verify.js');
      await printProof(run, flags);
    });
}
