// The thread that tensors live on: answers calls one after another.

import { parentPort } from 'node:worker_threads';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError, messageOf } from '../../shared/errors/pretext-error.js';
import { digestOf } from '../../shared/tensors/digest.js';
import { backends, chooseBackend } from '../backends/index.js';
import { initParameters } from '../models/init.js';
import { buildParts } from './build-parts.js';
import type { CallName, ComputeCalls, Reply, Request } from './protocol.js';
import { createTrainer, type Trainer, type TrainerParts } from './trainer.js';

let built: { readonly parts: TrainerParts; readonly trainer: Trainer } | undefined;

type Handlers = { [Name in CallName]: (parameters: ComputeCalls[Name]['parameters']) => ComputeCalls[Name]['result'] | Promise<ComputeCalls[Name]['result']> };

function ready(): Trainer {
  if (!built) throw new PretextError('BAD_STATE', 'The model is not built yet.');
  return built.trainer;
}

/** The state that the seed gives: initial parameters, empty slots. */
function initialState(): Float32Array {
  const state = new Float32Array(ready().stateLength);
  state.set(initParameters(ready().layout, built!.parts.seed));
  return state;
}

const handlers: Handlers = {
  async start({ backend, device, threads }) {
    const name = await chooseBackend(backend);
    const { kind } = await backends[name].start(dropUndefined({ device, threads }));
    return { kind };
  },
  build({ recipe }) {
    built?.trainer.dispose();
    const parts = buildParts(recipe);
    const trainer = createTrainer(parts);
    built = { parts, trainer };
    const { layout, stateLength } = trainer;
    return {
      layout: {
        parameters: layout.entries.map(({ name, shape, role }) => ({ name, shape: [...shape], role })),
        slots: [...parts.optimizer.slots],
      },
      stateLength,
      gradientLength: layout.length,
    };
  },
  load({ state }) {
    ready().load(state ?? initialState());
    return undefined;
  },
  gradient: ({ input, gradient }) => ready().computeGradient(input, gradient),
  update({ step, gradientSum, weight }) {
    ready().update(step, gradientSum, weight);
    return undefined;
  },
  async save({ state }) {
    await ready().save(state);
    return undefined;
  },
  async digest() {
    const state = new Float32Array(ready().stateLength);
    await ready().save(state);
    return digestOf(state.subarray(0, ready().layout.length));
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
