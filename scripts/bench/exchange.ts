// What the exchange of a step costs: gradients of W workers summed and sent back, over real sockets between real processes,
// journal included. Beside it the same bytes copied in memory and sent over plain TCP, and PyTorch's Gloo where there is one.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Command } from 'commander';
import { pino } from 'pino';
import { createController } from '../../coordinator/controller.js';
import { openJournal } from '../../coordinator/journal/journal.js';
import { journalOfStage } from '../../coordinator/journal/stage-journal.js';
import { createEpochPlan } from '../../coordinator/plan/epoch-plan.js';
import { startServer } from '../../coordinator/server/server.js';
import { pathsOf } from '../../coordinator/run/folder.js';
import { jsonOption } from '../commands/options.js';
import { median } from '../data/median.js';

const WORKER = fileURLToPath(new URL('./exchange-worker.js', import.meta.url));
const MEGABYTE = 1e6;
const WARM_UP_STEPS = 3;

/** Median milliseconds of a step in which every worker contributes one gradient of `bytes`. */
export async function timeExchange(numWorkers: number, bytes: number, steps: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'pretext-bench-'));
  const journal = await openJournal(pathsOf(folder).journal);
  const times: number[] = [];
  const length = bytes / 4;
  const items = [{ index: 0, path: 'none', kind: 'image' as const, bytes: 0, split: 'train' as const }];
  const controller = createController({
    runId: 'bench', stage: 1, hasInit: false, recipe: {}, layout: { entries: [{ name: 'flat', shape: [length], kind: 'trained', slots: [] }], gradientLength: length },
    players: new Set(['main']), names: { terms: ['loss'], metrics: [] }, steps: steps + WARM_UP_STEPS, microbatches: numWorkers, lookaheadSteps: 1, chunkBytes: 1024 * 1024, audit: 0, strict: false, shutOut: new Set(),
    checkpointEverySteps: Infinity, checkpointKeep: 1, maxUnusable: 1, digestEverySteps: 0,
    plan: createEpochPlan(items, { seed: 1, microbatches: numWorkers, microbatchSize: 1, clipsPerVideo: 1 }),
    journal: journalOfStage(journal, 1), checkpoints: join(folder, 'checkpoints'), metadata: { run: 'bench', stage: '1' }, log: pino({ level: 'silent' }),
    now: () => performance.now(), graceMs: 1000, heartbeatMs: 5000,
    emit: ({ type }) => { if (type === 'stepCommitted') times.push(performance.now()); },
  });
  const server = await startServer({
    host: '127.0.0.1', port: 0, insecure: false, chunkBytes: 1024 * 1024,
    routes: [{
      method: 'GET', path: '/join', role: 'worker',
      upgrade(socket, address) {
        waiting.push(() => controller.addSocket(socket, address));
        if (waiting.length === numWorkers) for (const admit of waiting) admit();
      },
    }],
  });
  const waiting: (() => void)[] = [];
  const workers = Array.from({ length: numWorkers }, () => spawn(process.execPath, [WORKER, server.url, String(length), String(numWorkers)], { stdio: 'inherit' }));
  const ticker = setInterval(() => controller.tick(), 250);
  await controller.finished;
  clearInterval(ticker);
  await Promise.all(workers.map((worker) => (worker.exitCode === null ? once(worker, 'exit') : Promise.resolve())));
  await server.close();
  await journal.close();
  await rm(folder, { recursive: true });
  return median(times.slice(WARM_UP_STEPS).map((time, i) => time - times[i + WARM_UP_STEPS - 1]!));
}

function timeCopy(bytes: number): number {
  const from = Buffer.alloc(bytes, 1);
  const to = Buffer.alloc(bytes);
  return median(Array.from({ length: 9 }, () => {
    const startedMs = performance.now();
    from.copy(to);
    return performance.now() - startedMs;
  }));
}

/** One way over loopback, from a thread of its own, copied into one buffer. */
async function timeTcp(bytes: number): Promise<number> {
  const target = Buffer.alloc(bytes);
  const times: number[] = [];
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sender = new Worker(new URL('./tcp-sender.js', import.meta.url), { workerData: { bytes, port: (server.address() as AddressInfo).port, rounds: 7 } });
  const [socket] = (await once(server, 'connection')) as [Socket];
  for (let round = 0; round < 7; round++) {
    const startedMs = performance.now();
    sender.postMessage('go');
    await new Promise<void>((resolve) => {
      let received = 0;
      const take = (chunk: Buffer): void => {
        received += chunk.copy(target, received);
        if (received < bytes) return;
        socket.off('data', take);
        resolve();
      };
      socket.on('data', take);
    });
    times.push(performance.now() - startedMs);
  }
  socket.destroy();
  server.close();
  await sender.terminate();
  return median(times.slice(1));
}

const GLOO = `
import os, sys, time, torch, torch.distributed as dist, torch.multiprocessing as mp
def work(rank, world, sizes, port):
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    torch.set_num_threads(1)
    dist.init_process_group('gloo', rank=rank, world_size=world)
    for size in sizes:
        x = torch.ones(size // 4); times = []
        for _ in range(9):
            dist.barrier(); t = time.perf_counter(); dist.all_reduce(x); times.append((time.perf_counter() - t) * 1e3)
        if rank == 0: print(world, size, sorted(times)[4], flush=True)
if __name__ == '__main__':
    print('version', torch.__version__, flush=True)
    for i, world in enumerate([2, 4]):
        mp.spawn(work, (world, [1000000, 11000000, 100000000], int(sys.argv[1]) + i), nprocs=world)
`;

interface Gloo {
  readonly version: string;
  readonly ms: ReadonlyMap<string, number>;
}

function timeGloo(): Gloo | undefined {
  const python = process.env.PRETEXT_PYTHON ?? 'python3';
  const script = join(tmpdir(), `pretext-gloo-${process.pid}.py`);
  try {
    execFileSync('sh', ['-c', 'cat > "$0"', script], { input: GLOO });
    const port = 20_000 + (process.pid % 20_000);
    const lines = execFileSync(python, [script, String(port)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 180_000 }).trim().split('\n').map((line) => line.split(' '));
    const version = lines.find(([word]) => word === 'version')?.[1] ?? 'unknown';
    return { version, ms: new Map(lines.filter(([word]) => word !== 'version').map(([world, size, ms]) => [`${world}/${size}`, Number(ms)])) };
  } catch {
    return undefined;
  } finally {
    execFileSync('rm', ['-f', script]);
  }
}

async function benchExchange({ json: isJson = false }: { readonly json?: boolean }): Promise<void> {
  const gloo = timeGloo();
  const rows: Record<string, number | undefined>[] = [];
  if (!isJson) {
    console.log(`Exchange of one step: every worker sends a gradient, gets the sum. Medians. Gloo: ${gloo ? `torch ${gloo.version}` : 'no python3 with torch found (PRETEXT_PYTHON names one)'}.`);
    console.log('workers      MB  exchange ms   GB/s   copy ms   TCP one way ms   Gloo ms   exchange/TCP   exchange/Gloo');
  }
  for (const megabytes of [1, 11, 100]) {
    const bytes = megabytes * MEGABYTE;
    const copyMs = timeCopy(bytes);
    const tcpMs = await timeTcp(bytes);
    for (const workers of [2, 4]) {
      const exchangeMs = await timeExchange(workers, bytes, megabytes > 50 ? 7 : 15);
      const glooMs = gloo?.ms.get(`${workers}/${bytes}`);
      // Bytes through the coordinator: a gradient in and a sum out for each worker.
      const gigabytesPerSecond = (2 * workers * bytes) / exchangeMs / 1e6;
      rows.push({ workers, megabytes, exchangeMs, gigabytesPerSecond, copyMs, tcpMs, glooMs });
      if (!isJson) {
        const cell = (value: number | undefined, width: number, digits = 1): string => (value === undefined ? '-' : value.toFixed(digits)).padStart(width);
        console.log([cell(workers, 7, 0), cell(megabytes, 6, 0), cell(exchangeMs, 11), cell(gigabytesPerSecond, 5, 2), cell(copyMs, 8, 2), cell(tcpMs, 15), cell(glooMs, 8), cell(exchangeMs / tcpMs, 13), cell(glooMs && exchangeMs / glooMs, 14)].join('  '));
      }
    }
  }
  if (isJson) console.log(JSON.stringify({ gloo: gloo?.version, rows }));
}

export function addExchangeCommand(program: Command): void {
  program
    .command('exchange')
    .usage('-- [options]')
    .description('time the exchange of gradients between workers, beside Gloo')
    .addOption(jsonOption('the rows'))
    .action(benchExchange);
}
