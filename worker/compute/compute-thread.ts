// The thread that tensors live on: answers calls one after another.

import { parentPort } from 'node:worker_threads';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError, messageOf } from '../../shared/errors/pretext-error.js';
import { digestOf } from '../../shared/tensors/digest.js';
import { backends, chooseBackend } from '../backends/index.js';
import { initState } from '../../shared/state/init.js';
import { toWireLayout } from '../../shared/state/wire.js';
import { buildParts, type TrainerParts } from './build-parts.js';
import type { CallName, ComputeCalls, Reply, Request } from './protocol.js';
import { createTrainer, type Trainer } from './trainer.js';

let built: { readonly parts: TrainerParts; readonly trainer: Trainer } | undefined;

type Handlers = { [Name in CallName]: (parameters: ComputeCalls[Name]['parameters']) => ComputeCalls[Name]['result'] | Promise<ComputeCalls[Name]['result']> };

function replica(): { readonly parts: TrainerParts; readonly trainer: Trainer } {
  if (!built) throw new PretextError('BAD_STATE', 'The model is not built yet.');
  return built;
}

const handlers: Handlers = {
  async start({ backend, device, threads }) {
    const name = await chooseBackend(backend);
    const { kind } = await backends[name].start(dropUndefined({ device, threads }));
    return { kind };
  },
  build({ recipe, numInstances }) {
    built?.trainer.dispose();
    const parts = buildParts(recipe, numInstances);
    const trainer = createTrainer(parts);
    built = { parts, trainer };
    return { layout: toWireLayout(parts.layout), stateLength: parts.layout.stateLength };
  },
  load({ state }) {
    const { parts, trainer } = replica();
    trainer.load(state ?? initState(parts.layout, parts.seed));
    return undefined;
  },
  gradient: ({ input, gradient }) => replica().trainer.computeGradient(input, gradient),
  update(sums) {
    replica().trainer.update(sums);
    return undefined;
  },
  async save({ state }) {
    await replica().trainer.save(state);
    return undefined;
  },
  async digest({ of }) {
    const { parts: { layout }, trainer } = replica();
    const state = new Float32Array(layout.stateLength);
    await trainer.save(state);
    return digestOf(of === 'state' ? state : state.subarray(0, layout.valuesLength));
  },
};

async function answer(request: Request): Promise<Reply> {
  const startedMs = performance.now();
  try {
    const handler = handlers[request.name] as (parameters: unknown) => unknown;
    const result = await handler(request.parameters);
    return { id: request.id, result, ms: performance.now() - startedMs };
  } catch (error) {
    const hint = error instanceof PretextError ? error.hint : undefined;
    const code = error instanceof PretextError ? error.code : 'WORKER_FAILED';
    return { id: request.id, error: { code, message: messageOf(error), ...dropUndefined({ hint }) } };
  }
}

let last: Promise<void> = Promise.resolve();
parentPort!.on('message', (request: Request) => {
  last = last.then(async () => parentPort!.postMessage(await answer(request)));
});
