// Fetching a checkpoint from a real server that cuts connections, changes its file and goes away.

import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sendFile } from '../../../coordinator/server/send-file.js';
import { askList, choose, nameFile } from '../../../scripts/actions/checkpoints.js';
import { download, type DownloadOptions } from '../../../scripts/actions/download-checkpoint.js';
import { formatCheckpoints, formatSize } from '../../../scripts/format/checkpoints.js';
import { digestOf } from '../../../shared/tensors/digest.js';
import { encodeSafetensors } from '../../../shared/tensors/safetensors.js';
import { openHttpSite } from '../../helpers/http-site.js';
import { until } from '../../helpers/processes.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

interface Served {
  readonly folder: string;
  readonly out: string;
  /** Of the file that is served. */
  readonly bytes: Buffer;
  /** What was asked: method and range. */
  readonly asked: string[];
  readonly notes: string[];
  readonly options: DownloadOptions;
  /** Instead of the file, as long as it returns true. */
  answer: (request: IncomingMessage, response: ServerResponse) => boolean;
}

const VALUES = Float32Array.from({ length: 300_000 }, (_, i) => i);

/** Sends a beginning of the file and hangs up. */
function cutAfter(bytes: Buffer, count: number): Served['answer'] {
  return (request, response) => {
    if (request.method !== 'GET') return false;
    const start = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
    response.writeHead(206, { 'content-length': bytes.length - start, etag: `"${sha256(bytes)}"` });
    response.write(bytes.subarray(start, start + count), () => response.destroy());
    return true;
  };
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function serve(t: ExecutionContext): Promise<Served> {
  const folder = await makeTempFolder(t);
  const path = join(folder, 'served');
  const bytes = Buffer.concat(encodeSafetensors([{ name: 'a', shape: [VALUES.length], values: VALUES }], { step: '20' }));
  await writeFile(path, bytes);
  const { url } = await openHttpSite(t, (request, response) => {
    served.asked.push(`${request.method} ${request.headers.range ?? ''}`.trim());
    if (!served.answer(request, response)) sendFile(request, response, { path, bytes: bytes.length, tag: sha256(bytes) });
  });
  const served: Served = {
    folder, bytes, out: join(folder, 'out.safetensors'), asked: [], notes: [], answer: () => false,
    options: {
      endpoint: () => Promise.resolve({ url }), checkpoint: { stage: 1, step: 20, state: digestOf(VALUES) }, out: join(folder, 'out.safetensors'),
      signal: new AbortController().signal, onProgress: () => {}, onNote: (note) => void served.notes.push(note), firstPauseMs: 1,
    },
  };
  return served;
}

/** The parts of files that are left. */
const partsIn = async (folder: string): Promise<string[]> => (await readdir(folder)).filter((name) => name.endsWith('.partial'));

test('a checkpoint comes whole through connections that are cut, each byte once', async (t) => {
  const served = await serve(t);
  const { bytes, out, asked, folder } = served;
  let cuts = 0;
  served.answer = (request, response) => request.method === 'GET' && cuts++ < 3 && cutAfter(bytes, 200_000)(request, response);
  const seen: number[] = [];
  t.deepEqual(await download({ ...served.options, onProgress: (done) => void seen.push(done) }), { sha256: sha256(bytes) });
  t.true(bytes.equals(await readFile(out)));
  t.is(asked.length, 5);
  // Each goes on after the last byte that came before it.
  const starts = asked.slice(2).map((line) => Number(/\d+/.exec(line)![0]));
  t.true(starts.every((start, i) => start > (starts[i - 1] ?? 0) && seen.includes(start)), asked.join());
  t.deepEqual(seen, [...seen].sort((a, b) => a - b));
  t.is(seen.at(-1), bytes.length);
  t.deepEqual(await partsIn(folder), []);
});

test('a fetch that was given up goes on where it was', async (t) => {
  const served = await serve(t);
  const { bytes, out, asked, folder, options } = served;
  let isFirst = true;
  served.answer = (request, response) => {
    if (request.method !== 'GET') return false;
    if (isFirst) {
      isFirst = false;
      return cutAfter(bytes, 100_000)(request, response);
    }
    response.destroy();
    return true;
  };
  const error = await t.throwsAsync(download(options));
  t.like(error, { code: 'UNREACHABLE', hint: 'What has come is kept: the same command with --stage 1 --step 20 goes on with it.' });
  t.is((await partsIn(folder)).length, 1);
  served.answer = () => false;
  asked.length = 0;
  await download(options);
  t.is(asked.length, 2);
  t.regex(asked[1]!, /^GET bytes=[1-9]\d+-$/);
  t.true(bytes.equals(await readFile(out)));
  t.true(served.notes.includes('goes on where an earlier fetch was cut off'));
});

test('a coordinator that takes the connection and says nothing is given up, and a stop is heard meanwhile', async (t) => {
  const served = await serve(t);
  served.answer = () => true;
  const unanswered = { code: 'UNREACHABLE', message: /takes the connection and does not answer/ };
  await t.throwsAsync(download({ ...served.options, silenceMs: 50 }), unanswered);
  t.deepEqual(served.notes, ['connection to the coordinator lost: trying again']);
  const endpoint = await served.options.endpoint();
  await t.throwsAsync(askList(endpoint, { silenceMs: 50 }), unanswered);
  const stop = new AbortController();
  served.asked.length = 0;
  const stopped = download({ ...served.options, signal: stop.signal });
  await until('it has asked', () => served.asked.length === 1 || undefined);
  stop.abort();
  await t.throwsAsync(stopped, { code: 'CANCELLED' });
});

test('what is not what the coordinator has, or not what its journal says, does not become the file', async (t) => {
  const served = await serve(t);
  const { bytes, folder, options } = served;
  const spoilt = Buffer.from(bytes).fill(7, 500_000, 500_001);
  served.answer = (request, response) => {
    if (request.method === 'HEAD') return false;
    response.writeHead(206, { etag: `"${sha256(bytes)}"` }).end(spoilt);
    return true;
  };
  t.like(await t.throwsAsync(download(options)), { code: 'BAD_STATE', message: 'what came is not what the coordinator has: it was changed on the way, or by a disk.' });
  t.deepEqual(await readdir(folder), ['served']);
  served.answer = () => false;
  const damaged = await t.throwsAsync(download({ ...options, checkpoint: { ...options.checkpoint, state: 'f'.repeat(64) } }));
  t.like(damaged, { code: 'BAD_STATE', message: "the coordinator's checkpoint of step 20 is not what its journal says: its disk has damaged it." });
  t.false((await readdir(folder)).includes('out.safetensors'));
});

test('a checkpoint that is gone or another one by now is one clear sentence', async (t) => {
  const served = await serve(t);
  served.answer = (_request, response) => {
    response.writeHead(404).end();
    return true;
  };
  t.like(await t.throwsAsync(download(served.options)), { code: 'NOT_FOUND', message: 'the coordinator no longer has the checkpoint of step 20: the run has gone on.' });
  served.answer = (request, response) => {
    if (request.method === 'HEAD') return false;
    response.writeHead(200, { etag: `"${'0'.repeat(64)}"` }).end('other');
    return true;
  };
  t.like(await t.throwsAsync(download(served.options)), { code: 'BAD_STATE', message: 'the coordinator has written another checkpoint of step 20 meanwhile.' });
});

test('the newest, the best or that of a step is chosen, and its name stays in the folder', (t) => {
  const of = (stage: number, step: number, isBest = false) => ({ stage, step, isBest, bytes: 1, saved: 's', state: 'x' });
  const checkpoints = [of(1, 10, true), of(1, 20), of(2, 5, true), of(2, 8)];
  const stepOf = (wanted: Parameters<typeof choose>[1]): string => { const { stage, step } = choose(checkpoints, wanted); return `${stage}/${step}`; };
  t.deepEqual([{}, { best: true }, { stage: 1 }, { stage: 1, best: true }, { step: 20 }].map(stepOf), ['2/8', '2/5', '1/20', '1/10', '1/20']);
  t.like(t.throws(() => choose(checkpoints, { step: 21, stage: 1 })), { code: 'NOT_FOUND', message: 'the run has no checkpoint of step 21 of stage 1.' });
  t.like(t.throws(() => choose([], { best: true })), { message: 'the run has no best checkpoint.', hint: 'Wait for the first one.' });
  const nameOf = (name: string | undefined): string => nameFile({ run: '12345678-9', ...(name === undefined ? {} : { name }), checkpoints: [of(1, 20)] }, of(1, 20));
  t.is(nameOf(undefined), 'run-12345678-step-000020.safetensors');
  t.is(nameOf('../../etc/pass wd\n'), 'etc-pass-wd-step-000020.safetensors');
  t.is(nameOf('..'), 'run-step-000020.safetensors');
  t.is(nameFile({ run: 'r', name: 'a', checkpoints }, of(2, 5)), 'a-stage-2-step-000005.safetensors');
});

test('the table has a column for stages where there are several', (t) => {
  const of = (stage: number, step: number, isBest = false) => ({ stage, step, isBest, bytes: 1536 * step, saved: '2026-11-26T20:00:00.000Z' });
  t.deepEqual(formatCheckpoints([of(1, 10, true)]), ['step  size      saved', '10    15.0 KiB  2026-11-26T20:00:00.000Z  best']);
  t.regex(formatCheckpoints([of(1, 10), of(2, 5)]).join('\n'), /^stage {2}step .*\n1 {6}10 .*\n2 {6}5 /);
  t.deepEqual(formatCheckpoints([]), ['There is no checkpoint yet.']);
  t.deepEqual([0, 1023, 1024, 5 * 2 ** 30].map(formatSize), ['0 B', '1023 B', '1.0 KiB', '5.0 GiB']);
});
