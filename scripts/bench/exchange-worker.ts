// A worker without a model: everything of the exchange is real (socket, step loop, tree, averages), computing takes no time.

import { pino } from 'pino';
import { createChannel } from '../../shared/protocol/channel.js';
import { fromCoordinatorSchema, type FromCoordinator, type FromWorker } from '../../shared/protocol/messages.js';
import { VERSION } from '../../shared/version.js';
import { connect } from '../../worker/client/connect.js';
import { createStepLoop, type StepLoop } from '../../worker/client/step-loop.js';
import type { ComputeClient } from '../../worker/compute/compute-client.js';

const [url = '', lengthText = '', microbatchesText = ''] = process.argv.slice(2);
const length = Number(lengthText);

const results: Record<string, unknown> = {
  gradient: { weights: { samples: 1, main: 1 }, terms: { loss: { sum: 1, weight: 1 } }, metrics: {}, isFinite: true },
};
const compute: ComputeClient = {
  call: (name) => Promise.resolve({ result: results[name] as never, ms: 0 }),
  dispose: () => Promise.resolve(),
};

const socket = await connect({ url: new URL(url) });
let chunkBytes = 1;
let loop: StepLoop | undefined;
const channel = createChannel<FromCoordinator, FromWorker>(socket, {
  schema: fromCoordinatorSchema,
  chunkBytes: () => chunkBytes,
  onMessage(message, payload) {
    if (message.type === 'drain') return undefined;
    if (message.type !== 'welcome') return loop?.handle(message, payload);
    ({ chunkBytes } = message);
    loop = createStepLoop({
      channel, compute, replica: { step: undefined }, microbatches: Number(microbatchesText), prefetch: 4,
      gradientLength: length, lookaheadSteps: 2, stateLength: length, log: pino({ level: 'silent' }),
      prepare: () => Promise.resolve({
        arrays: {}, weights: new Float32Array(1), instances: new Int32Array(1), unusable: [], samples: [], release() {},
      }),
    });
    channel.send({ type: 'ready', layout: { entries: [{ name: 'flat', shape: [length], kind: 'trained', slots: [] }], gradientLength: length } });
  },
  onClose: () => process.exit(0),
});
channel.send({ type: 'hello', protocol: 1, version: VERSION, name: `bench-${process.pid}`, backend: 'none', host: 'bench', pid: process.pid });
