// `npm run bench NAME -- OPTIONS`: the benchmarks by name, and how each of them ends.

import { Command, CommanderError } from 'commander';
import { EXIT } from '../commands/exit-codes.js';
import { reportError } from '../commands/report-error.js';
import { addExchangeCommand } from './exchange.js';
import { addGemmCommand } from './gemm.js';
import { addJoinCommand } from './join.js';
import { addLearnCommand } from './learn.js';
import { addRecipesCommand } from './recipes.js';
import { addStepCommand } from './step.js';

const program = new Command('npm run bench')
  .description('Measures Pretext, beside PyTorch where a Python with torch is found (PRETEXT_PYTHON names one).')
  .usage('NAME -- [options]')
  .exitOverride()
  .showHelpAfterError('  Add `-- --help` to see the options.');
addStepCommand(program);
addGemmCommand(program);
addExchangeCommand(program);
addJoinCommand(program);
addLearnCommand(program);
addRecipesCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  else process.exitCode = reportError(error, { asJson: process.argv.includes('--json') });
}
