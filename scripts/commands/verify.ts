// `pretext verify`: whether a run's journal proves that every planned sample was counted once.

import type { Command } from 'commander';
import { verifyAction, type VerifyResult } from '../actions/verify.js';
import { jsonOption } from './options.js';
import { FAILURE } from './report-error.js';
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
export async function runCommand({ run, json }: VerifyOptions): Promise<void> {
  const result = await verifyAction(run);
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : formatProof(result));
  if (!result.isProved) process.exitCode = FAILURE;
}

const MAX_PROBLEMS = 10;

function formatProof({ isProved, samples, problems, runId, steps, stages }: VerifyResult): string {
  const { planned, committed, duplicated, missing, quarantined } = samples;
  const counts = `planned ${planned}, committed ${committed}, duplicated ${duplicated}, missing ${missing}, quarantined ${quarantined}`;
  const verdict = isProved ? 'proved: every planned sample was counted once' : 'NOT proved';
  const more = problems.length > MAX_PROBLEMS ? [`and ${problems.length - MAX_PROBLEMS} more`] : [];
  return `${[`${verdict} (run ${runId}, ${stages === 1 ? '' : `${stages} stages, `}${steps} steps)`, counts, ...problems.slice(0, MAX_PROBLEMS), ...more].join('\n  ')}\n`;
}
