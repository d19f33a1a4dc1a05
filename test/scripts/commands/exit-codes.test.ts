// Exit codes: distinct, documented, in the help of the program and of the commands that run for long.

import { readFile } from 'node:fs/promises';
import test from 'ava';
import { EXIT, EXIT_NAMES as names, EXITS, describeExits, exitCodeOf } from '../../../scripts/commands/exit-codes.js';
import { startPretext } from '../../helpers/processes.js';

test('every way to end has a number of its own, clear of those of shells and signals', (t) => {
  t.deepEqual([...new Set(Object.values(EXIT))].sort((a, b) => a - b), names.map((_name, index) => index));
  t.deepEqual(Object.keys(EXITS), names);
});

test('errors end a command by their kind, and what is not foreseen with 1', (t) => {
  t.deepEqual(
    (['BAD_RECIPE', 'DATA_EMPTY', 'JOURNAL_BROKEN', 'RUN_EXISTS', 'NON_FINITE', 'DEVICE_LOST', 'UNREACHABLE', 'BAD_TOKEN', 'CANCELLED'] as const).map(exitCodeOf),
    [EXIT.usage, EXIT.unfit, EXIT.unfit, EXIT.taken, EXIT.diverged, EXIT.machine, EXIT.unreachable, EXIT.refused, EXIT.stopped],
  );
  t.is(exitCodeOf(undefined), EXIT.failed);
});

test('the table in the docs is that of the program', async (t) => {
  const docs = await readFile('docs/unattended.md', 'utf8');
  const rows = docs.split('\n');
  for (const name of names) {
    const start = `| ${EXIT[name]} | ${EXITS[name]} | `;
    t.regex(rows.find((row) => row.startsWith(start))?.slice(start.length) ?? '', /^\S[^|]* \|$/, name);
  }
});

test('the help of pretext itself has the whole table', async (t) => {
  const help = startPretext(t, ['--help']);
  t.is(await help.exited, EXIT.done);
  t.true(help.output().includes(describeExits(names)));
});

test('the help of run, coordinator and worker lists those that they can end with', async (t) => {
  const helps = await Promise.all(['run', 'coordinator', 'worker'].map(async (command) => {
    const help = startPretext(t, [command, '--help']);
    t.is(await help.exited, EXIT.done);
    return help.output();
  }));
  for (const help of helps.slice(0, 2)) {
    t.true(help.includes(describeExits(names.filter((name) => name !== 'drained'))));
    t.notRegex(help, /a worker left/);
  }
  t.regex(helps[2]!, /Exit codes:\n {3}0 [^]*\n {2}10 {2}a worker left/);
});
