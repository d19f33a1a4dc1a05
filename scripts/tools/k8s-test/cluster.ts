// The cluster as the test sees it: kubectl, the run's status by a forwarded port, the log as `pretext logs --follow` shows it.

import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { RunStatus } from '../../../coordinator/run/status.js';
import { runCommand, tryCommand, until, type Ended, type ShellOptions } from './shell.js';

export const PRETEXT = fileURLToPath(new URL('../../pretext.js', import.meta.url));
export const NAMESPACE = 'pretext';
export const COORDINATOR = 'pretext-coordinator-0';

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string; readonly labels: Readonly<Record<string, string>> };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly state: { readonly terminated?: { readonly exitCode: number; readonly startedAt: string; readonly finishedAt: string } } }[];
  };
}

export interface Job {
  readonly status: { readonly succeeded?: number; readonly failed?: number; readonly active?: number; readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[] };
}

export interface Tokens {
  worker: string;
  operator: string;
  viewer: string;
}

/** kubectl in the namespace. Throws when it fails. */
export const kubectl = (args: readonly string[], options: ShellOptions = {}): Promise<string> => runCommand('kubectl', ['-n', NAMESPACE, ...args], options);

export const readObject = async <Kind>(args: readonly string[]): Promise<Kind> => JSON.parse(await kubectl(['get', ...args, '-o', 'json'])) as Kind;

export const listPods = async (component: 'worker' | 'coordinator'): Promise<readonly Pod[]> =>
  (await readObject<{ items: Pod[] }>(['pods', '-l', `app.kubernetes.io/component=${component}`])).items;

export const isReady = ({ status, metadata }: Pod): boolean => metadata.deletionTimestamp === undefined && (status.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True');

export interface Access {
  readonly url: string;
  readonly tokens: Tokens;
  /** What `pretext logs --follow` has printed since the start. */
  followed(): string;
  /** `pretext ARGS --url`, as the holder of a token. */
  pretext(args: readonly string[], role: keyof Tokens): Promise<Ended>;
  /** Undefined while nobody answers. */
  readStatus(): Promise<RunStatus | undefined>;
  /** The status once it is as wanted. Throws after the time. */
  untilStatus(what: string, isWanted: (status: RunStatus) => boolean, timeoutMs?: number): Promise<RunStatus>;
  /** Follows the log with the viewer's token of now. */
  follow(): void;
  close(): void;
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Forwards a port for as long as the test goes on: kubectl ends with the pod that it forwards to, and is started again. */
export async function openAccess(tokens: Tokens): Promise<Access> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const stop = new AbortController();
  const quiet = { stdio: 'ignore', signal: stop.signal } as const;
  function forward(): void {
    if (stop.signal.aborted) return;
    spawn('kubectl', ['-n', NAMESPACE, 'port-forward', 'svc/pretext-coordinator', `${port}:7420`], quiet).on('error', () => undefined).on('exit', () => setTimeout(forward, 500));
  }
  forward();
  let followed = '';
  const environment = (role: keyof Tokens): Record<string, string> => ({ PRETEXT_TOKEN: tokens[role], NO_COLOR: '1' });
  const access: Access = {
    url, tokens,
    followed: () => followed,
    pretext: (args, role) => tryCommand(process.execPath, [PRETEXT, ...args, '--url', url], { env: environment(role) }),
    async readStatus() {
      const answer = await fetch(`${url}/status`, { headers: { authorization: `Bearer ${tokens.viewer}` }, signal: AbortSignal.timeout(5000) }).catch(() => undefined);
      return answer?.ok === true ? ((await answer.json().catch(() => undefined)) as RunStatus | undefined) : undefined;
    },
    untilStatus: (what, isWanted, timeoutMs = 180_000) =>
      until(what, async () => {
        const status = await access.readStatus();
        return status && isWanted(status) ? status : undefined;
      }, timeoutMs),
    follow() {
      const child = spawn(process.execPath, [PRETEXT, 'logs', '--follow', '--url', url], { env: { ...process.env, ...environment('viewer') }, stdio: ['ignore', 'pipe', 'pipe'], signal: stop.signal });
      child.on('error', () => undefined);
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { followed += chunk.toString(); });
      child.on('exit', (code) => { followed += `[pretext logs ended with ${code}]\n`; });
    },
    close: () => stop.abort(),
  };
  return access;
}

/** Workers that are in step with the run. */
export const countActive = ({ workers }: RunStatus): number => workers.filter(({ state }) => state === 'active').length;
