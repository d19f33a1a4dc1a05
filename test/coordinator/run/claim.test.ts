// Claims on a run's folder: one holder at a time, and none that nobody can get rid of.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { claimFolder, type Claim } from '../../../coordinator/run/claim.js';
import { messageOf } from '../../../shared/errors/pretext-error.js';
import { markProcess } from '../../../coordinator/run/process-mark.js';
import { until } from '../../helpers/processes.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const TIMES = { touchEveryMs: 40, patienceMs: 400, removalMs: 300 };

const claim = (path: string): Promise<Claim> => claimFolder(path, TIMES);

async function makePath(t: ExecutionContext): Promise<string> {
  return join(await makeTempFolder(t), 'coordinator.json');
}

/** The claim of this process with changes. Written whole by a rename: a holder that reads half a claim writes its own again. */
async function writeClaim(path: string, change: object): Promise<void> {
  const text = JSON.stringify({ ...(await markProcess()), id: 'other', since: '2026-01-01T00:00:00.000Z', url: 'http://x', ...change });
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

test('of many who claim at once exactly one gets the folder, and the others are told by whom', async (t) => {
  const path = await makePath(t);
  const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => claim(path)));
  t.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const outcome of outcomes) if (outcome.status === 'rejected') t.regex(messageOf(outcome.reason), /\(process \d+\) is at work in ".+": on .+, since \d{4}-/);
});

test('of many who take over a dead claim at once exactly one gets the folder, also where a removal was cut off', async (t) => {
  for (let round = 0; round < 6; round++) {
    const path = await makePath(t);
    await writeClaim(path, { pid: 2 ** 30 });
    if (round % 2 === 1) await writeFile(`${path}.removal`, '');
    // A removal of that removal may be cut off as well.
    if (round === 5) await writeFile(`${path}.removal.removal`, '');
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => claim(path)));
    t.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    t.deepEqual(await readdir(dirname(path)), ['coordinator.json']);
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') await outcome.value.withdraw();
  }
});

test('a living process keeps its claim, a dead one does not', async (t) => {
  const path = await makePath(t);
  const other = spawn(process.execPath, ['-e', `
    import(${JSON.stringify(new URL('../../../coordinator/run/claim.js', import.meta.url).href)}).then(({ claimFolder }) => claimFolder(process.argv[1])).then(() => console.log('claimed'));
    setInterval(() => {}, 1000);`, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => other.kill('SIGKILL'));
  await once(other.stdout, 'data');
  await t.throwsAsync(claim(path), { code: 'RUN_EXISTS', message: new RegExp(`process ${other.pid}\\)`) });
  other.kill('SIGKILL');
  await once(other, 'exit');
  const taken = await claim(path);
  t.regex(taken.takenOver!, new RegExp(`process ${other.pid} on .* is gone`));
  await taken.withdraw();
  t.false(existsSync(path));
});

const stale: Record<string, object> = {
  'of a process whose number another has now': { started: 1 },
  'of another boot': { boot: 'before' },
  'of another numbering of processes, as a restarted container has': { pids: 'pid:[1]', pid: 1 },
  'of another host': { host: 'elsewhere' },
};

for (const [what, change] of Object.entries(stale)) {
  test(`a claim ${what} is taken over, with a word`, async (t) => {
    const path = await makePath(t);
    await writeClaim(path, change);
    const taken = await claim(path);
    t.regex(taken.takenOver!, /since 2026-01-01T00:00:00.000Z, (is gone|has not touched its claim for 0.4 seconds)/);
    await taken.withdraw();
  });
}

test('an empty claim, a damaged one and one of an earlier version are taken over, with a word', async (t) => {
  for (const text of ['', '{"url":"http', '{"url":"http://x","pid":1}', 'null']) {
    const path = await makePath(t);
    await writeFile(path, text);
    const taken = await claim(path);
    t.regex(taken.takenOver!, /empty or damaged claim/);
    await taken.withdraw();
  }
});

test('a claim of another host that is touched is kept', async (t) => {
  const path = await makePath(t);
  const holder = await claim(path);
  const text = JSON.parse(await readFile(path, 'utf8')) as object;
  // As it looks from another host: the holder knows it by its id.
  await writeFile(`${path}.new`, JSON.stringify({ ...text, host: 'elsewhere' }));
  await rename(`${path}.new`, path);
  await t.throwsAsync(claim(path), { code: 'RUN_EXISTS', message: /on elsewhere/ });
  await holder.withdraw();
});

test('whoever was thought dead and is not learns that another has taken the folder over, and leaves its claim alone', async (t) => {
  const path = await makePath(t);
  const sleeper = await claim(path);
  await rm(path);
  await writeClaim(path, { host: 'elsewhere' });
  await t.throwsAsync(sleeper.lost, { code: 'RUN_EXISTS', message: /on elsewhere/ });
  await sleeper.withdraw();
  t.true(existsSync(path));
});

test('whoever was thought dead does not say where it listens in the claim of another', async (t) => {
  const path = await makePath(t);
  const sleeper = await claimFolder(path, { ...TIMES, touchEveryMs: 60_000 });
  await rm(path);
  await writeClaim(path, { host: 'elsewhere' });
  const text = await readFile(path, 'utf8');
  await t.throwsAsync(sleeper.announce('http://here'), { code: 'RUN_EXISTS', message: /on elsewhere/ });
  await sleeper.withdraw();
  t.is(await readFile(path, 'utf8'), text);
});

test('a claim that was removed or emptied by hand is made again, and says where the coordinator listens', async (t) => {
  const path = await makePath(t);
  const holder = await claim(path);
  await holder.announce('http://here');
  for (const damage of [() => rm(path), () => writeFile(path, '')]) {
    await damage();
    const text = await until('it is there again', () => readFile(path, 'utf8').then((read) => read || undefined, () => undefined), 5000);
    t.regex(text, /"url":"http:\/\/here"/);
  }
  await holder.withdraw();
  t.deepEqual(await readdir(dirname(path)), []);
});

test('a removal that was cut off does not hold up the next one for long', async (t) => {
  const path = await makePath(t);
  await writeClaim(path, { pid: 2 ** 30 });
  await writeFile(`${path}.removal`, '');
  const taken = await claim(path);
  await taken.withdraw();
  t.deepEqual(await readdir(dirname(path)), []);
});
