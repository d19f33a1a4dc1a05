// What a worker sends of its state: no more copies at a time than a bound.

import test from 'ava';
import type { Channel } from '../../../shared/protocol/channel.js';
import type { FromWorker } from '../../../shared/protocol/messages.js';
import { StateSharing } from '../../../worker/client/state-sharing.js';
import type { ComputeClient } from '../../../worker/compute/compute-client.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the fifth copy of the state is not made before one of the four on their way has left', async (t) => {
  let numSaves = 0;
  const sent: (() => void)[] = [];
  const compute: Pick<ComputeClient, 'call'> = {
    call: () => {
      numSaves += 1;
      return Promise.resolve({ result: undefined as never, ms: 0 });
    },
  };
  const channel: Pick<Channel<FromWorker>, 'sendBulk'> = { sendBulk: () => new Promise((resolve) => sent.push(resolve)) };
  const sharing = new StateSharing({ channel: channel as Channel<FromWorker>, compute: compute as ComputeClient, stateLength: 1 });
  for (let id = 0; id < 4; id++) await sharing.send(id, 7);
  const fifth = sharing.send(4, 7);
  for (let i = 0; i < 10; i++) await turn();
  t.is(numSaves, 4);
  sent[0]!();
  await fifth;
  t.deepEqual([numSaves, sent.length], [5, 5]);
});
