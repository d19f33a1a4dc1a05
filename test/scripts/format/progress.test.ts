import test from 'ava';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProgress } from '../../../scripts/format/progress.js';
import { createLog } from '../../../shared/log/create-log.js';

function collect(isTTY: boolean): { stream: PassThrough & { isTTY?: boolean; columns?: number }; text: () => string } {
  const stream: PassThrough & { isTTY?: boolean; columns?: number } = new PassThrough();
  stream.isTTY = isTTY;
  stream.columns = 100;
  return { stream, text: () => String(stream.read() ?? '') };
}

test('a pipe gets lines, not one a step, and always the last', (t) => {
  const { stream, text } = collect(false);
  const progress = createProgress({ steps: 1000, stream, lineMs: 0 });
  for (let step = 1; step <= 999; step++) progress.update({ step, loss: 1 / step, samplesPerSecond: 10, workers: 2 });
  progress.stop();
  progress.stop();
  const lines = text().trimEnd().split('\n');
  t.is(lines.length, 20);
  t.regex(lines[0]!, /^step \d+\/1000, loss [\d.]+, 10 samples\/s, 2 workers, \d+ s to go$/);
  t.true(lines.at(-1)!.startsWith('step 999/1000, '));
});

test('a pipe is not flooded by a fast run', (t) => {
  const { stream, text } = collect(false);
  const progress = createProgress({ steps: 1000, stream });
  for (let step = 1; step <= 1000; step++) progress.update({ step });
  progress.stop();
  t.is(text(), 'step 1000/1000\n');
});

test('a terminal gets a bar, and the log stands above it', async (t) => {
  const { stream, text } = collect(true);
  const progress = createProgress({ steps: 10, stream });
  const log = createLog({ name: 'c', stream: progress.stream });
  progress.update({ step: 4, workers: 1 });
  log.warn('something to know');
  // cli-progress draws ten times a second.
  await sleep(250);
  progress.update({ step: 10, workers: 1 });
  progress.stop();
  const shown = text();
  t.regex(shown, /WARN/);
  t.regex(shown, /something to know/);
  t.regex(shown, /step 4\/10, 1 worker/);
  t.regex(shown, /100 % step 10\/10/);
  t.true(shown.includes('\u001b[?25h'), 'the cursor is given back');
});
