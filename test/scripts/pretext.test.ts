import test, { type ExecutionContext } from 'ava';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { markProcess } from '../../coordinator/run/process-mark.js';
import { createLogHub } from '../../coordinator/logs/log-hub.js';
import { makeRecord, openLogSite } from '../helpers/log-site.js';
import { makeTempFolder } from '../helpers/temp-folder.js';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in a folder of its own; `PRETEXT_*` of the tester's do not count. */
function pretext(t: ExecutionContext, cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [resolve('build/scripts/pretext.js'), ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })));
}

const messagesOf = (ndjson: string): string[] => ndjson.trimEnd().split('\n').map((line) => (JSON.parse(line) as { msg: string }).msg);

test('wrong arguments end with 2, one clear sentence and no stack', async (t) => {
  const folder = await makeTempFolder(t);
  const cases: [string[], RegExp][] = [
    [['runn'], /^error: unknown command 'runn'\n\(Did you mean run\?\)\n/],
    [['run', '--wrokers', '2'], /^error: unknown option '--wrokers'\n/],
    [['run', 'missing.yaml'], /^error: expected a recipe at "missing.yaml": there is no such file\.\n {2}\S/],
    [['run', '.'], /^error: expected a recipe at "\.": it is a folder\.\n {2}.*--data \.\n/],
    [['run', '--data', 'x', '--steps', 'ten', '--set', 'sede=1'], /^error: the recipe cannot be used\n {2}--steps ten: steps: expected .*\n {2}--set sede=1: sede: no such key; did you mean seed\?\n/],
    [['coordinator', '--listen', 'here', '--data', 'x'], /^error: .*Expected HOST:PORT/],
    [['worker'], /^error: required option '--join <url>' not specified\n/],
  ];
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await pretext(t, folder, args);
    t.is(code, 2, args.join(' '));
    t.regex(stderr, expected);
    t.is(stdout, '');
    t.notRegex(stderr, /\n\s+at /);
  }
  t.false(existsSync(join(folder, 'runs')));
});

test('what fails ends with the code of its kind, as JSON where that is asked for', async (t) => {
  const folder = await makeTempFolder(t);
  const { code, stderr } = await pretext(t, folder, ['status', '--json', '--url', 'http://127.0.0.1:1']);
  t.is(code, EXIT.unreachable);
  t.like(JSON.parse(stderr), { error: { code: 'UNREACHABLE' } });
  t.is((await pretext(t, folder, ['verify', 'no-run'])).code, EXIT.unfit);
});

test('help of the command and of one of its parts has examples and ends with 0', async (t) => {
  const folder = await makeTempFolder(t);
  const [whole, part] = await Promise.all([pretext(t, folder, ['--help']), pretext(t, folder, ['run', '--help'])]);
  t.is(whole.code, 0);
  for (const name of ['run', 'data', 'coordinator', 'worker', 'status', 'logs', 'pause', 'continue', 'drain', 'checkpoint', 'stop', 'evaluate', 'report', 'verify', 'replay']) t.regex(whole.stdout, new RegExp(`\n {2}${name} `));
  t.is(part.code, 0);
  t.regex(part.stdout, /Examples:\n {2}pretext run --data videos/);
});

test('logs of a finished run come from its folder, merged in order', async (t) => {
  const folder = await makeTempFolder(t);
  const hub = createLogHub({ folder: join(folder, 'runs', 'a', 'logs'), maxFileBytes: 500 });
  for (let i = 0; i < 12; i++) hub.receive(`w${i % 2}`, [makeRecord(`r${i}`, i % 3 === 0 ? 40 : 30)], 0);
  writeFileSync(join(folder, 'runs', 'a', 'recipe.yaml'), '');
  const all = await pretext(t, folder, ['logs', 'runs/a', '--json']);
  t.is(all.code, 0);
  const messages = messagesOf(all.stdout);
  t.is(messages.at(-1), 'r11');
  const numbers = messages.map((message) => Number(message.slice(1)));
  t.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
  const some = await pretext(t, folder, ['logs', '--worker', 'w1', '--level', 'warn', '--json']);
  t.deepEqual(messagesOf(some.stdout), ['r3', 'r9']);
  t.regex((await pretext(t, folder, ['logs'])).stdout, /\[.*\] WARN: w1: r9\n/);
});

test('logs --follow finds the newest run, shows its token and ends with the run', async (t) => {
  const folder = await makeTempFolder(t);
  const run = join(folder, 'runs', 'a');
  mkdirSync(run, { recursive: true });
  const site = await openLogSite({ folder: join(run, 'logs'), token: 'secret' });
  t.teardown(() => site.kill());
  writeFileSync(join(run, 'recipe.yaml'), '');
  writeFileSync(join(run, 'coordinator.json'), JSON.stringify({ ...(await markProcess()), url: site.url }));
  site.hub.receive('w1', [makeRecord('before')], 0);
  const timer = setInterval(() => site.hub.receive('w1', [makeRecord('during')], 0), 50);
  const following = pretext(t, folder, ['logs', '--follow', '--json'], { PRETEXT_TOKEN: 'secret' });
  const refused = await pretext(t, folder, ['logs', '--follow', '--token', 'wrong']);
  t.is(refused.code, EXIT.refused);
  t.regex(refused.stderr, /^error: the coordinator at .* refuses the token\.\n {2}\S/);
  clearInterval(timer);
  await site.hub.finish();
  const { code, stdout } = await following;
  t.is(code, 0);
  t.is(messagesOf(stdout)[0], 'before');
  t.true(messagesOf(stdout).filter((message) => message === 'during').length > 0);
});

test('a token goes to no address that a folder names and no process of this machine', async (t) => {
  const folder = await makeTempFolder(t);
  const run = join(folder, 'runs', 'a');
  mkdirSync(run, { recursive: true });
  const asked: string[] = [];
  const thief = createServer((request, response) => {
    asked.push(request.headers.authorization ?? '');
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await once(thief.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => thief.close());
  const url = `http://127.0.0.1:${(thief.address() as AddressInfo).port}`;
  const ask = (claim: object, ...args: string[]): Promise<Outcome> => {
    writeFileSync(join(run, 'coordinator.json'), JSON.stringify({ ...claim, url }));
    return pretext(t, folder, [...args, 'runs/a', '--json'], { PRETEXT_TOKEN: 'secret' });
  };
  const own = await markProcess();
  for (const [claim, ...command] of [[{}, 'status'], [{ ...own, host: 'elsewhere' }, 'status'], [{ ...own, host: 'elsewhere' }, 'logs', '--follow']] as const) {
    const { code, stderr } = await ask(claim, ...command);
    t.is(code, EXIT.usage, stderr);
    t.regex(stderr, /names a coordinator at http:\/\/127.0.0.1:\d+, which is not known to be a process of this machine: the token is not sent there\..*--url http/);
  }
  mkdirSync(join(run, 'logs'));
  writeFileSync(join(run, 'logs', 'coordinator.ndjson'), `${JSON.stringify({ id: 1, source: 'coordinator', ...JSON.parse(makeRecord('before')) as object })}\n`);
  const { code, stdout, stderr } = await ask({ ...own, host: 'elsewhere' }, 'logs');
  t.is(code, 0, stderr);
  t.deepEqual(messagesOf(stdout), ['before']);
  t.regex(stderr, /the token is not sent there: this is what the files have/);
  const dead = await ask({ ...own, started: 1 }, 'status');
  t.regex(dead.stderr, /no coordinator is at work/);
  t.deepEqual(asked, []);
  await ask(own, 'status');
  t.deepEqual(asked, ['Bearer secret']);
});

test('where no coordinator is at work, what the folder holds decides what to do next', async (t) => {
  const folder = await makeTempFolder(t);
  const run = join(folder, 'runs', 'a');
  mkdirSync(run, { recursive: true });
  const expectAdvice = async (advice: RegExp): Promise<void> => {
    const { code, stderr } = await pretext(t, folder, ['status', 'runs/a']);
    t.is(code, EXIT.unreachable, stderr);
    t.regex(stderr, /^error: no coordinator is at work in "runs\/a"\.\n/);
    t.regex(stderr, advice);
  };
  await expectAdvice(/\n {2}No run is in that folder\./);
  writeFileSync(join(run, 'recipe.yaml'), '');
  await expectAdvice(/\n {2}Go on with the run by --resume --out runs\/a\n/);
  writeFileSync(join(run, 'report.json'), '');
  await expectAdvice(/\n {2}The run is complete: .*pretext report/);
});

test('logs of a run whose coordinator was killed are read from the folder', async (t) => {
  const folder = await makeTempFolder(t);
  const run = join(folder, 'runs', 'a');
  createLogHub({ folder: join(run, 'logs') }).receive('w1', [makeRecord('last words')], 0);
  writeFileSync(join(run, 'coordinator.json'), JSON.stringify({ url: 'http://127.0.0.1:1', pid: 1 }));
  const { code, stdout } = await pretext(t, folder, ['logs', 'runs/a', '--json']);
  t.is(code, 0);
  t.deepEqual(messagesOf(stdout), ['last words']);
});

test('status prints a table, or the answer as it is', async (t) => {
  const folder = await makeTempFolder(t);
  const status = { run: 'r1', state: 'running', step: 1, steps: 10, workers: [{ id: 'w1', state: 'ready' }], more: [1] };
  const site = await openLogSite({ folder: join(folder, 'logs'), status });
  t.teardown(() => site.kill());
  const [people, machine] = await Promise.all([
    pretext(t, folder, ['status', '--url', site.url]),
    pretext(t, folder, ['status', '--url', site.url, '--json']),
  ]);
  t.is(people.code, 0);
  t.is(people.stdout, 'run r1: running\nstep 1/10 (10 %)\n\nid  state\nw1  ready\n');
  t.deepEqual(JSON.parse(machine.stdout), status);
});
