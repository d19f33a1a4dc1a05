// `npm run bench NAME -- OPTIONS`: the benchmarks by name.

import { benchExchange } from './exchange.js';
import { benchGemm } from './gemm.js';
import { benchStep } from './step.js';

const benches = { step: benchStep, gemm: benchGemm, exchange: benchExchange } satisfies Record<string, (args: readonly string[]) => Promise<void>>;

function isBench(name: string): name is keyof typeof benches {
  return Object.hasOwn(benches, name);
}

const [name = '', ...args] = process.argv.slice(2);
if (isBench(name)) {
  await benches[name](args);
} else {
  console.error(`expected a benchmark, one of ${Object.keys(benches).join(', ')}; got '${name}'`);
  process.exitCode = 2;
}
