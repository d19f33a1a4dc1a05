// What a run has to show over HTTP: report, page and checkpoints, on a free port.

import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { JournalEntry } from '../../../coordinator/journal/entries.js';
import { checkpointPath } from '../../../coordinator/checkpoints/checkpoints.js';
import { pathsOf, stagePathsOf } from '../../../coordinator/run/folder.js';
import { createRunRoutes, type CheckpointList } from '../../../coordinator/server/serve-run.js';
import { startServer } from '../../../coordinator/server/server.js';
import { encodeSafetensors } from '../../../shared/tensors/safetensors.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

interface Served {
  readonly url: string;
  readonly folder: string;
  save(stage: number, step: number, as?: string): Promise<Buffer>;
}

const known = (stage: number, step: number): JournalEntry => ({ type: 'checkpoint', stage, step, sha256: `state-${stage}-${step}` });

async function serve(t: ExecutionContext): Promise<Served> {
  const folder = await makeTempFolder(t);
  const stages = [1, 2].map((number) => ({ number, paths: stagePathsOf(folder, number) }));
  const entries = [known(1, 10), known(1, 20), known(1, 30), known(2, 5)];
  const routes = createRunRoutes({ runId: 'r1', name: 'shapes', paths: pathsOf(folder), stages, journal: { entries } });
  const server = await startServer({ host: '127.0.0.1', port: 0, insecure: false, chunkBytes: 4096, secrets: { worker: { token: 'secret' }, viewer: { token: 'glance' } }, routes });
  t.teardown(() => server.close());
  return {
    folder, url: server.url,
    async save(stage, step, as) {
      const { checkpoints } = stagePathsOf(folder, stage);
      const bytes = Buffer.concat(encodeSafetensors([{ name: 'a', shape: [3], values: new Float32Array([stage, step, 1]) }], { step: String(step) }));
      await mkdir(checkpoints, { recursive: true });
      await writeFile(as === undefined ? checkpointPath(checkpoints, step) : join(checkpoints, as), bytes);
      return bytes;
    },
  };
}

const ask = (url: string, path: string, headers: Record<string, string> = {}): Promise<Response> => fetch(`${url}${path}`, { headers: { authorization: 'Bearer glance', ...headers } });
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

test('checkpoints of every stage are listed, the best under its step, and files that the journal does not know are not', async (t) => {
  const { url, save } = await serve(t);
  t.deepEqual(await (await ask(url, '/checkpoints')).json(), { run: 'r1', name: 'shapes', checkpoints: [] });
  const { length } = await save(1, 20);
  await save(1, 30);
  await save(1, 25);
  await save(1, 10, 'best.safetensors');
  await save(2, 5);
  await save(2, 5, 'best.safetensors');
  const { checkpoints } = (await (await ask(url, '/checkpoints')).json()) as CheckpointList;
  t.deepEqual(checkpoints.map(({ stage, step, state, isBest, bytes }) => ({ stage, step, state, isBest, bytes })), [
    { stage: 1, step: 10, isBest: true }, { stage: 1, step: 20, isBest: false }, { stage: 1, step: 30, isBest: false }, { stage: 2, step: 5, isBest: true },
  ].map((each) => ({ ...each, state: `state-${each.stage}-${each.step}`, bytes: length })));
  t.true(checkpoints.every(({ saved }) => Math.abs(Date.parse(saved) - Date.now()) < 60_000));
  t.false(JSON.stringify(checkpoints).includes('safetensors'));
});

test('a checkpoint is sent whole or in parts, and the rest of another file never', async (t) => {
  const { url, folder, save } = await serve(t);
  const bytes = await save(1, 20);
  const whole = await ask(url, '/checkpoints/1/20');
  t.is(whole.status, 200);
  const tag = whole.headers.get('etag')!;
  t.is(tag, `"${sha256(bytes)}"`);
  t.is(whole.headers.get('content-disposition'), 'attachment; filename="stage-1-step-20.safetensors"');
  t.deepEqual(Buffer.from(await whole.arrayBuffer()), bytes);

  const rest = await ask(url, '/checkpoints/1/20', { range: 'bytes=10-', 'if-range': tag });
  t.is(rest.status, 206);
  t.is(rest.headers.get('content-range'), `bytes 10-${bytes.length - 1}/${bytes.length}`);
  t.deepEqual(Buffer.from(await rest.arrayBuffer()), bytes.subarray(10));
  t.is((await ask(url, '/checkpoints/1/20', { range: `bytes=${bytes.length}-` })).status, 416);

  const other = await save(1, 21);
  await writeFile(checkpointPath(stagePathsOf(folder, 1).checkpoints, 20), other);
  const changed = await ask(url, '/checkpoints/1/20', { range: 'bytes=10-', 'if-range': tag });
  t.is(changed.status, 200);
  t.is(changed.headers.get('etag'), `"${sha256(other)}"`);
  t.deepEqual(Buffer.from(await changed.arrayBuffer()), other);
});

test('the best is sent by its step after the run has removed the checkpoint of that step', async (t) => {
  const { url, save } = await serve(t);
  const bytes = await save(1, 10, 'best.safetensors');
  t.deepEqual(Buffer.from(await (await ask(url, '/checkpoints/1/10')).arrayBuffer()), bytes);
});

test('report and page are answered when they are there, with a word before that', async (t) => {
  const { url, folder } = await serve(t);
  t.is((await ask(url, '/report')).status, 404);
  t.regex(await (await ask(url, '/report')).text(), /^The run is not over/);
  t.regex(await (await ask(url, '/report.html')).text(), /^There is no page/);
  await writeFile(pathsOf(folder).report, '{"steps":3}\n');
  await writeFile(pathsOf(folder).page, '<!doctype html>');
  t.deepEqual(await (await ask(url, '/report')).json(), { steps: 3 });
  const page = await ask(url, '/report.html');
  t.is(page.headers.get('content-type'), 'text/html; charset=utf-8');
  t.is(await page.text(), '<!doctype html>');
  await rm(pathsOf(folder).page);
  t.is((await ask(url, '/report.html')).status, 404);
});

test('nothing of it opens without a token, and paths that name no checkpoint lead to no file', async (t) => {
  const { url, save } = await serve(t);
  await save(1, 20);
  for (const path of ['/report', '/report.html', '/checkpoints', '/checkpoints/1/20']) t.is((await ask(url, path, { authorization: 'Bearer wrong' })).status, 401, path);
  for (const path of ['/checkpoints/1/21', '/checkpoints/2/20', '/checkpoints/3/1', '/checkpoints/0/20', '/checkpoints/1/best', '/checkpoints/1/..%2f20', '/checkpoints/1']) {
    t.is((await ask(url, path)).status, 404, path);
  }
});
