// `pretext pause`, `continue`, `drain`, `checkpoint` and `stop`: what an operator asks of a run under way.

import type { Command } from 'commander';
import type { OperatorAction } from '../../coordinator/run/events.js';
import { addCredentialOptions, type CredentialFlags } from './credential-options.js';
import { describeExits, type ExitName } from './exit-codes.js';
import { jsonOption, urlOption } from './options.js';

export interface OperateFlags extends CredentialFlags {
  readonly url?: URL;
  readonly json?: boolean;
}

interface OperateCommand {
  readonly action: OperatorAction;
  readonly description: string;
  readonly examples: string;
}

const COMMANDS: readonly OperateCommand[] = [
  {
    action: 'pause',
    description: 'let a run finish the step in hand, save its state and begin no other step',
    examples: `
The command ends when the run is paused. Workers stay connected, and may go and come; results are those of a run that was not paused.
A coordinator that is started again is still paused.

Examples:
  pretext pause                                the newest run in runs/
  PRETEXT_OPERATOR_TOKEN=secret pretext pause --url https://trainer.example:7420
`,
  },
  { action: 'continue', description: 'go on with a run that is paused', examples: '\nExamples:\n  pretext continue\n  pretext continue --url http://10.0.0.1:7420\n' },
  {
    action: 'drain',
    description: 'let a worker hand in what it holds and end with 10',
    examples: `
The command ends when the worker has left. The name of a node means all of its workers.

Examples:
  pretext drain w2
  pretext drain gpu-7 --url http://10.0.0.1:7420
`,
  },
  { action: 'checkpoint', description: 'save the state of a run now', examples: '\nExamples:\n  pretext checkpoint\n  pretext checkpoint --url http://10.0.0.1:7420 --json\n' },
  {
    action: 'stop',
    description: 'save the state of a run and end its coordinator with 9, as SIGTERM does',
    examples: '\nThe command ends when the coordinator has.\n\nExamples:\n  pretext stop runs/2026-11-23-183005\n  pretext stop --url http://10.0.0.1:7420\n',
  },
];

const EXITS: readonly ExitName[] = ['done', 'failed', 'usage', 'unfit', 'machine', 'unreachable', 'refused'];

export function addOperateCommands(program: Command): void {
  for (const { action, description, examples } of COMMANDS) {
    const command = program.command(action).description(description);
    if (action === 'drain') command.argument('<worker>', 'its name, as pretext status shows it');
    command
      .argument('[run]', "the run's folder (default: the newest in runs/)")
      .addOption(urlOption());
    addCredentialOptions(command, 'operator')
      .addOption(jsonOption('where the run is then'))
      .addHelpText('after', examples + describeExits(EXITS))
      .action(async () => {
        const { operate } = await import('../actions/operate.js');
        const [worker, run] = action === 'drain' ? command.args : [undefined, ...command.args];
        await operate(action, { worker, run, flags: command.opts<OperateFlags>() });
      });
  }
}
