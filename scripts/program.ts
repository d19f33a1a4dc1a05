// The command `pretext`: which commands there are, and how each of them ends. commands/ has their options; what they do is in
// actions/, which is loaded when it is called. Exit codes are in commands/exit-codes.ts.

import { Command, CommanderError } from 'commander';
import { VERSION } from '../shared/version.js';
import { addCheckpointsCommand } from './commands/checkpoints.js';
import { addCoordinatorCommand } from './commands/coordinator.js';
import { addCurveCommand } from './commands/curve.js';
import { addDataCommand } from './commands/data.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addEmbedCommand } from './commands/embed.js';
import { addEvaluateCommand } from './commands/evaluate.js';
import { addExportCommand } from './commands/export.js';
import { addFindRateCommand } from './commands/find-rate.js';
import { addFineTuneCommand } from './commands/finetune.js';
import { addK8sCommand } from './commands/k8s.js';
import { addLogsCommand } from './commands/logs.js';
import { addNeighboursCommand } from './commands/neighbours.js';
import { addPredictCommand } from './commands/predict.js';
import { describeExits, EXIT, EXIT_NAMES } from './commands/exit-codes.js';
import { addOperateCommands } from './commands/operate.js';
import { addReplayCommand } from './commands/replay.js';
import { reportError } from './commands/report-error.js';
import { addReportCommand } from './commands/report.js';
import { addRunCommand } from './commands/run.js';
import { addStatusCommand } from './commands/status.js';
import { addSuggestCommand } from './commands/suggest.js';
import { addTasksCommand } from './commands/tasks.js';
import { addVerifyCommand } from './commands/verify.js';
import { addWorkerCommand } from './commands/worker.js';

const LINGER_MS = 5000;

function createProgram(): Command {
  const program = new Command('pretext')
    .description('Pretrains vision models on images and videos without labels, over many machines.')
    .version(VERSION)
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .addHelpText('after', describeExits(EXIT_NAMES))
    .showHelpAfterError('  Add --help to see the options.');
  addRunCommand(program);
  addFineTuneCommand(program);
  addCurveCommand(program);
  addFindRateCommand(program);
  addCoordinatorCommand(program);
  addWorkerCommand(program);
  addSuggestCommand(program);
  addTasksCommand(program);
  addDataCommand(program);
  addStatusCommand(program);
  addLogsCommand(program);
  addOperateCommands(program);
  addCheckpointsCommand(program);
  addEvaluateCommand(program);
  addEmbedCommand(program);
  addNeighboursCommand(program);
  addPredictCommand(program);
  addReportCommand(program);
  addExportCommand(program);
  addVerifyCommand(program);
  addReplayCommand(program);
  addDoctorCommand(program);
  addK8sCommand(program);
  return program;
}

/** A reader that closes the pipe early (`| head`) is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await createProgram().parseAsync();
} catch (error) {
  // Commander has printed the problem or the help already.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else process.exitCode = reportError(error, { asJson: process.argv.includes('--json') });
}
// The command is over: whatever still holds the process up must not do so for long.
setTimeout(() => process.exit(), LINGER_MS).unref();
