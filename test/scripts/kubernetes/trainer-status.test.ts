import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import test from 'ava';
import { describeProgress, openTrainerStatus } from '../../../scripts/kubernetes/trainer-status.js';
import { openHttpSite } from '../../helpers/http-site.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('progress is said in the words of the status server', (t) => {
  t.deepEqual(describeProgress({ done: 199, steps: 200, etaS: 1.2, loss: 0.5 }, 'now'), {
    trainerStatus: { progressPercentage: 99, estimatedRemainingSeconds: 2, metrics: [{ name: 'loss', value: '0.5' }], lastUpdatedTime: 'now' },
  });
  t.deepEqual(describeProgress({ done: 0, steps: 10, etaS: NaN, loss: null }, 'now'), { trainerStatus: { progressPercentage: 0, lastUpdatedTime: 'now' } });
});

test('nothing is reported outside of a TrainJob', (t) => {
  t.is(openTrainerStatus({}), undefined);
  t.is(openTrainerStatus({ KUBEFLOW_TRAINER_SERVER_URL: 'http://x' }), undefined);
});

test('reports are at least five seconds apart, show the token of now, and the last one always goes', async (t) => {
  const token = join(await makeTempFolder(t), 'token');
  await writeFile(token, 'first\n');
  const seen: [string | undefined, number][] = [];
  async function answer(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { trainerStatus } = JSON.parse(Buffer.concat(chunks).toString()) as { trainerStatus: { progressPercentage: number } };
    seen.push([request.headers.authorization, trainerStatus.progressPercentage]);
  }
  const { url } = await openHttpSite(t, (request, response) => void answer(request).finally(() => response.writeHead(403).end()));
  const status = openTrainerStatus({ KUBEFLOW_TRAINER_SERVER_URL: `${url.origin}/status`, KUBEFLOW_TRAINER_SERVER_TOKEN: token })!;
  for (let done = 1; done <= 5; done++) status.report({ done, steps: 10 });
  await writeFile(token, 'second\n');
  await status.finish();
  t.deepEqual(seen.map(([, percentage]) => percentage), [10, 100]);
  t.is(seen[1]![0], 'Bearer second');
});

test('a run is not held up by a server that is gone', async (t) => {
  const token = join(await makeTempFolder(t), 'token');
  await writeFile(token, 'secret');
  for (const tokenFile of [token, '/nowhere']) {
    const status = openTrainerStatus({ KUBEFLOW_TRAINER_SERVER_URL: 'http://127.0.0.1:1/status', KUBEFLOW_TRAINER_SERVER_TOKEN: tokenFile })!;
    status.report({ done: 1, steps: 2 });
    await t.notThrowsAsync(status.finish());
  }
});
