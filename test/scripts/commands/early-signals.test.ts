import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { EXIT } from '../../../scripts/commands/exit-codes.js';

const PRETEXT = fileURLToPath(new URL('../../../scripts/pretext.js', import.meta.url));
const LATE = 99;

/** Sends a signal as soon as the process listens; ends it with LATE when the commands were read before that. */
const HOOK = `data:text/javascript,${encodeURIComponent(`import loader from 'node:module';
process.once('newListener', function onListener(name) {
  if (name !== 'SIGTERM') return process.once('newListener', onListener);
  if (Object.keys(loader._cache).some((file) => file.includes('/commander/'))) process.exit(${LATE});
  setImmediate(() => process.kill(process.pid, 'SIGTERM'));
});`)}`;

for (const [args, code] of [
  [['run', '--data', 'x'], EXIT.stopped],
  [['coordinator', '--data', 'x'], EXIT.stopped],
  [['worker', '--join', 'http://127.0.0.1:1'], EXIT.drained],
] as const) {
  test(`a signal before the command ${args[0]} is read ends it with ${code}`, async (t) => {
    const child = spawn(process.execPath, ['--import', HOOK, PRETEXT, ...args], { stdio: 'ignore' });
    t.teardown(() => child.kill('SIGKILL'));
    t.deepEqual(await once(child, 'exit'), [code, null]);
  });
}
