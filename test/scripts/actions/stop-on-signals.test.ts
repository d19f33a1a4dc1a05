// Ends without order: a process that does not heed the first signal, or that npm left behind.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { temporaryFolder, until } from '../../helpers/processes.js';
import { skipWithReason } from '../../helpers/test-data.js';

/** Listens for signals and heeds none. */
const DEAF = `import(${JSON.stringify(new URL('../../../scripts/actions/stop-on-signals.js', import.meta.url).href)}).then(({ stopOnSignals }) => {
  stopOnSignals().addEventListener('abort', () => console.log('told'));
  console.log('listens');
  setInterval(() => {}, 1000);
});`;

test('a second signal ends the process with 130', async (t) => {
  const deaf = spawn(process.execPath, ['-e', DEAF], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => deaf.kill('SIGKILL'));
  for (const word of ['listens', 'told']) {
    t.is(String((await once(deaf.stdout, 'data') as [Buffer])[0]).trim(), word);
    deaf.kill('SIGTERM');
  }
  t.deepEqual(await once(deaf, 'exit'), [130, null]);
});

test('a process whose npm was killed is cut off with 130, for its state may not be saved', async (t) => {
  if (!existsSync('/proc/self/stat')) return skipWithReason(t, 'there is no /proc here');
  const folder = await temporaryFolder(t);
  const [said, code] = [join(folder, 'said'), join(folder, 'code')];
  // The shell outlives what stands for npm, and writes down how the process ended.
  const shell = ['-c', '"$0" -e "$1" > "$2"; echo $? > "$3.new"; mv "$3.new" "$3"', process.execPath, DEAF, said, code];
  const program = `require('node:child_process').spawn('sh', ${JSON.stringify(shell)}, { stdio: 'ignore' }); setInterval(() => {}, 1000);`;
  const npm = spawn(process.execPath, ['-e', program], { argv0: 'npm exec deaf', stdio: 'ignore', env: { ...process.env, npm_execpath: '/usr/bin/npm' } });
  await until('it listens', async () => (await readFile(said, 'utf8').catch(() => '')) || undefined, 20_000);
  // The process looks for what is above it, and then every second.
  await sleep(1500);
  npm.kill('SIGKILL');
  t.is((await until('it has ended', () => readFile(code, 'utf8').catch(() => undefined), 30_000)).trim(), '130');
  t.is(await readFile(said, 'utf8'), 'listens\ntold\n');
});
