// Finds the coordinator that the user means by a run's folder, by an address, or by neither.

import { existsSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { pathsOf } from '../../coordinator/run/folder.js';
import { markSchema, probeProcess } from '../../coordinator/run/process-mark.js';
import type { Credentials } from '../../shared/client/credentials.js';
import { parseAddress } from '../../shared/client/endpoint.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { checkRunFolder, findNewestRun, readAnnouncement, RUNS } from './run-folders.js';

const DEFAULT_URL = 'http://127.0.0.1:7420';

export interface Target {
  /** Given by the user; wins over everything. */
  readonly url?: URL | undefined;
  /** A run's folder, given by the user. */
  readonly run?: string | undefined;
  /** What is shown to the coordinator. Whoever wrote a folder may have written any address into it. */
  readonly credentials?: Credentials | undefined;
}

/** Whether an address is this machine's. */
function isOwnAddress({ hostname: host }: URL): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  const own = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
  return ['localhost', '0.0.0.0', '::', hostname().toLowerCase(), ...own].includes(bare);
}

/** What a living coordinator has announced in a folder, and whether it is known to be a process of this machine. */
async function findAtWork(folder: string): Promise<{ readonly url: URL; readonly isHere: boolean } | undefined> {
  const announced = readAnnouncement(folder);
  const mark = markSchema.safeParse(announced).data;
  const life = mark ? await probeProcess(mark) : 'unknown';
  if (!announced || life === 'dead') return undefined;
  const address = parseAddress(announced.url);
  return { url: address, isHere: life === 'alive' && isOwnAddress(address) };
}

/** Whether they give something away to whoever is asked: a certificate that is shown does not. */
function isSecret({ token, tokenFile }: Credentials = {}): boolean {
  return (token ?? tokenFile) !== undefined;
}

/** Whether a coordinator is at work in the folder of a run, as far as this process can tell, and whether a token may go to it. */
export async function findWork(folder: string, credentials: Credentials): Promise<{ readonly isAtWork: boolean; readonly isTrusted: boolean }> {
  const found = await findAtWork(folder);
  return { isAtWork: found !== undefined, isTrusted: !isSecret(credentials) || found?.isHere === true };
}

/**
 * Address of the coordinator: the given one, or that of the run, or that of the newest run in runs/, or the default port.
 * Undefined when the given run has no coordinator at work. Throws PretextError BAD_ARGUMENT where a token would go to an address that a
 * folder names and no living process of this machine.
 */
export async function findCoordinator({ url, run, credentials }: Target): Promise<URL | undefined> {
  if (url !== undefined) return url;
  const folder = run === undefined ? findNewestRun() : checkRunFolder(run);
  const found = folder === undefined ? undefined : await findAtWork(folder);
  if (!found) return run === undefined ? new URL(DEFAULT_URL) : undefined;
  if (!isSecret(credentials) || found.isHere) return found.url;
  throw new PretextError('BAD_ARGUMENT', `${folder} names a coordinator at ${found.url.origin}, which is not known to be a process of this machine: the token is not sent there.`, {
    hint: `If that is the run's coordinator, say so: --url ${found.url.origin}`,
  });
}

/** Likewise. Throws UNREACHABLE when the given run has no coordinator at work. */
export async function requireCoordinator(target: Target): Promise<URL> {
  const url = await findCoordinator(target);
  if (url !== undefined) return url;
  throw new PretextError('UNREACHABLE', `no coordinator is at work in "${target.run}".`, { hint: adviseWithoutCoordinator(target.run!) });
}

function adviseWithoutCoordinator(folder: string): string {
  const { recipe, report } = pathsOf(folder);
  return existsSync(report) ? 'The run is complete: read its report.json, or draw its page with `pretext report`.'
    : existsSync(recipe) ? `Go on with the run by --resume --out ${folder}`
    : `No run is in that folder. Runs are in ${RUNS}/ unless --out said otherwise.`;
}
