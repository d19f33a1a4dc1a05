// Whose fault it is that a program ends, told from how it ends. The programs are scripts.

import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runProgram } from '../../../shared/datasets/ffmpeg-process.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

async function makeProgram(t: ExecutionContext, script: string): Promise<string> {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { ffmpeg: `#!/bin/sh\n${script}\n` });
  await chmod(join(folder, 'ffmpeg'), 0o755);
  return join(folder, 'ffmpeg');
}

const OPTIONS = { path: 'a.mp4', timeoutMs: 20_000, onOutput() {} };

test('a program that somebody kills is no fault of the file, one that crashes is', async (t) => {
  for (const [signal, code] of [['KILL', 'WORKER_FAILED'], ['TERM', 'WORKER_FAILED'], ['SEGV', 'DECODE_FAILED'], ['ABRT', 'DECODE_FAILED']] as const) {
    const error = await t.throwsAsync(runProgram(await makeProgram(t, `kill -${signal} $$`), [], OPTIONS), { code });
    t.regex(error.message, new RegExp(`SIG${signal}`));
  }
});

test('a program that cannot be started is no fault of the file', async (t) => {
  await t.throwsAsync(runProgram('/nowhere/ffmpeg', [], OPTIONS), { code: 'WORKER_FAILED', message: /ffmpeg could not be started/ });
});

test('a program that uses up its processor time is over the limit, whether it exits or is killed then', async (t) => {
  for (const end of ['exit 255', 'kill -KILL $$']) {
    const program = await makeProgram(t, `sleep 0.3; ${end}`);
    await t.throwsAsync(runProgram(program, [], { ...OPTIONS, processorMs: 200 }), { code: 'DECODE_LIMIT', message: /200 ms of processor time/ });
  }
});

test('a program that fails says why', async (t) => {
  await t.throwsAsync(runProgram(await makeProgram(t, 'echo broken >&2; exit 3'), [], OPTIONS), { code: 'DECODE_FAILED', message: 'ffmpeg failed: broken' });
  t.is(await runProgram(await makeProgram(t, 'echo odd >&2'), [], OPTIONS), 'odd\n');
});
