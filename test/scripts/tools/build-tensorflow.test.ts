// Left out: a build that succeeds needs a TensorFlow of several hundred MB; conformance runs on its result where it is there.

import test from 'ava';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { EXIT } from '../../../scripts/commands/exit-codes.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function build(args: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve('build/scripts/tools/build-tensorflow.js'), ...args], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

test('its help says what it needs, where the result goes, and has examples', (t) => {
  const { code, stdout } = build(['--help']);
  t.is(code, 0);
  t.regex(stdout, /lib\/napi-v8\/tfjs_binding\.node/);
  t.regex(stdout, /Examples:\n {2}npm run build:tensorflow /);
});

test('a folder without TensorFlow, or with one too old, is refused with the pip command that gets one', async (t) => {
  const empty = await makeTempFolder(t);
  const old = await makeTempFolder(t);
  await writeFiles(old, { 'tensorflow/include/tensorflow/c/eager/c_api.h': '', 'tensorflow/libtensorflow_framework.so.2': '' });
  for (const [folder, expected] of [[empty, /holds no TensorFlow/], [old, /lacks libtensorflow_cc\.so\.2: expected TensorFlow 2\.12 or newer/]] as const) {
    const { code, stderr } = build(['--folder', folder]);
    t.is(code, EXIT.unfit);
    t.regex(stderr, expected);
    t.regex(stderr, /pip install/);
  }
});

test('an interpreter that is not there is named', (t) => {
  const { code, stderr } = build(['--python', 'no-such-python']);
  t.is(code, 2);
  t.regex(stderr, /cannot ask no-such-python for its TensorFlow/);
});
