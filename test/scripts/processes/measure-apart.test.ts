import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { pathsOf } from '../../../coordinator/run/folder.js';
import { evaluateApart } from '../../../scripts/processes/measure-apart.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { makeImages } from '../../helpers/data.js';
import { startPretext } from '../../helpers/processes.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const never = new AbortController().signal;

test('an evaluation in a process of its own gives the same again, and what fails there comes back with its code', async (t) => {
  t.timeout(120_000);
  const data = await makeTempFolder(t);
  await makeImages(data);
  const out = join(await makeTempFolder(t), 'run');
  const flags = ['--steps', '1', '--backend', 'simd', '--set', 'data.side=24', '--set', 'data.shortSide=28', '--set', 'batch.microbatches=1'];
  const run = startPretext(t, ['run', '--data', data, '--out', out, ...flags]);
  t.is(await run.exited, 0, run.output());
  const { evaluation } = JSON.parse(await readFile(pathsOf(out).report, 'utf8')) as { evaluation: { data: string } };
  t.is(evaluation.data, data);
  const said: string[] = [];
  const again = await evaluateApart({ run: out, backend: 'simd', signal: never, onProgress: (text) => { said.push(text); } });
  t.deepEqual(JSON.parse(JSON.stringify(again)), evaluation);
  t.regex(said[0]!, /^evaluating item 1 of /);

  const codeOf = async (options: Partial<Parameters<typeof evaluateApart>[0]>): Promise<string> => {
    return (await t.throwsAsync(evaluateApart({ run: out, backend: 'simd', signal: never, ...options }), { instanceOf: PretextError })).code;
  };
  t.is(await codeOf({ run: join(out, 'none') }), 'NOT_FOUND');
  t.is(await codeOf({ backend: 'constructor' }), 'BAD_ARGUMENT');
  t.is(await codeOf({ signal: AbortSignal.abort() }), 'CANCELLED');

  // Told to stop at the first of many items, it does not go on to the last.
  const many = await makeTempFolder(t);
  await makeImages(many, 120);
  const stop = new AbortController();
  const texts: string[] = [];
  const stopped = await codeOf({ data: many, signal: stop.signal, onProgress: (text) => { texts.push(text); stop.abort(); } });
  t.is(stopped, 'CANCELLED');
  t.deepEqual(texts.filter((text) => text.includes('item 101')), []);
});
