// The supervisor over processes that are none. Real ones: test/run/node.test.ts, test/scripts/processes/local-workers.test.ts.

import test from 'ava';
import { pino } from 'pino';
import { startSupervisor, type ProcessEnd, type Supervisor } from '../../../worker/node/supervisor.js';
import { until } from '../../helpers/processes.js';

interface Played {
  readonly name: string;
  readonly before: string | undefined;
  readonly signals: string[];
  end(end: ProcessEnd): void;
}

const failed: ProcessEnd = { type: 'failed', failure: { code: 'DEVICE_LOST', message: 'lost' }, hasWorked: false };

function play(names: readonly string[]): { supervisor: Supervisor; played: Played[]; messages: string[] } {
  const played: Played[] = [];
  const messages: string[] = [];
  const supervisor = startSupervisor({
    names,
    policy: { maxEarlyFailures: 2, isFinal: () => false },
    log: pino({}, { write: (line: string) => { messages.push((JSON.parse(line) as { msg: string }).msg); } }),
    start(name, before) {
      let end!: (end: ProcessEnd) => void;
      const ended = new Promise<ProcessEnd>((resolve) => { end = resolve; });
      const signals: string[] = [];
      played.push({ name, before: before?.message, signals, end });
      return { pid: played.length, ended, kill: (signal) => void signals.push(signal) };
    },
  });
  return { supervisor, played, messages };
}

test('a process that fails is started again, told why, and given up; the others go on', async (t) => {
  const { supervisor, played, messages } = play(['0', '1']);
  t.deepEqual(supervisor.pids(), [1, 2]);
  played[0]!.end(failed);
  const again = await until('another is started', () => played[2]);
  t.like(again, { name: '0', before: 'lost' });
  t.deepEqual(supervisor.pids().sort(), [2, 3]);
  again.end(failed);
  played[1]!.end({ type: 'finished' });
  t.deepEqual(Object.fromEntries(await supervisor.ended), { 0: { code: 'DEVICE_LOST', message: 'lost' }, 1: 'finished' });
  t.deepEqual(messages.map((message) => message.replace(/.*, /, '')), ['starting another', 'none is started in its place']);
});

test('when it stops, all are asked to end, the deaf are killed, and none is started any more', async (t) => {
  const { supervisor, played } = play(['0', '1', '2']);
  played[2]!.end(failed);
  await until('it is seen', () => (supervisor.pids().length === 2 ? true : undefined));
  const stopped = supervisor.stop(50);
  played[0]!.end({ type: 'left' });
  await until('the deaf one is killed', () => (played[1]!.signals.includes('SIGKILL') ? true : undefined));
  played[1]!.end(failed);
  await stopped;
  t.deepEqual(played.map(({ signals }) => signals), [['SIGTERM'], ['SIGTERM', 'SIGKILL'], []]);
  t.deepEqual([...(await supervisor.ended).keys()].sort(), ['0', '1', '2']);
  t.is(played.length, 3);
});
