// `pretext status`: how a run stands, asked of its coordinator.

import type { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { ask, findCoordinator } from './coordinator-client.js';
import { formatStatus, statusSchema } from '../format/status.js';
import { jsonOption, tokenOption } from './options.js';

export interface StatusOptions {
  /** A run's folder. */
  readonly run: string | undefined;
  readonly url: string | undefined;
  readonly watch: boolean;
  readonly token: string | undefined;
  readonly json: boolean;
}

type Flags = Partial<Omit<StatusOptions, 'run'>>;

const WATCH_MS = 2000;
const TIMEOUT_MS = 10_000;
const CLEAR = '\u001b[H\u001b[2J';

const EXAMPLES = `
Examples:
  pretext status                               the newest run in runs/
  pretext status --url http://10.0.0.1:7420 --watch
`;

export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .argument('[run]', "the run's folder (default: the newest in runs/)")
    .description('show how a run stands')
    .option('-w, --watch', 'show it again every two seconds')
    .option('--url <url>', 'address of the coordinator')
    .addOption(tokenOption())
    .addOption(jsonOption('the status'))
    .addHelpText('after', EXAMPLES)
    .action(async (run: string | undefined, { url, watch = false, token, json = false }: Flags) => {
      await runCommand({ run, url, watch, token, json });
    });
}

async function askStatus(options: StatusOptions, signal: AbortSignal): Promise<unknown> {
  const url = findCoordinator(options);
  if (url === undefined) {
    throw new PretextError('UNREACHABLE', `no coordinator is at work in "${options.run}".`, { hint: 'Go on with the run by pretext run --resume, or read its report.json.' });
  }
  const response = await ask({ url, path: '/status', token: options.token, contentType: 'application/json', signal });
  return response.json();
}

function format(status: unknown, asJson: boolean): string {
  if (asJson) return `${JSON.stringify(status)}\n`;
  const parsed = statusSchema.safeParse(status);
  if (parsed.success) return formatStatus(parsed.data);
  throw new PretextError('REFUSED', 'what answers is no status of a Pretext run: is the coordinator of another version?');
}

/** Prints the status, once or until interrupted. Throws UNREACHABLE, BAD_TOKEN or REFUSED. */
export async function runCommand(options: StatusOptions): Promise<void> {
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  do {
    const signal = AbortSignal.any([interrupt.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      const text = format(await askStatus(options, signal), options.json);
      process.stdout.write(options.watch && process.stdout.isTTY && !options.json ? CLEAR + text : text);
    } catch (error) {
      if (interrupt.signal.aborted) return;
      if (signal.aborted) throw new PretextError('UNREACHABLE', 'the coordinator does not answer.', { cause: error });
      throw error;
    }
    if (options.watch) await sleep(WATCH_MS, undefined, { signal: interrupt.signal }).catch(() => undefined);
  } while (options.watch && !interrupt.signal.aborted);
}
