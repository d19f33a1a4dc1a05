// Finds the coordinator that the user means by a run's folder, by an address, or by neither.

import { parseAddress } from '../../shared/client/endpoint.js';
import { checkRunFolder, findNewestRun, readCoordinatorUrl } from './run-folders.js';

const DEFAULT_URL = 'http://127.0.0.1:7420';

export interface Target {
  /** Given by the user; wins over everything. */
  readonly url?: URL | undefined;
  /** A run's folder, given by the user. */
  readonly run?: string | undefined;
}

/**
 * Address of the coordinator: the given one, or that of the run, or that of the newest run in runs/, or the default port.
 * Undefined when the given run has no coordinator at work.
 */
export function findCoordinator({ url, run }: Target): URL | undefined {
  if (url !== undefined) return url;
  const folder = run === undefined ? findNewestRun() : checkRunFolder(run);
  const announced = folder === undefined ? undefined : readCoordinatorUrl(folder);
  if (announced !== undefined) return parseAddress(announced);
  return run === undefined ? new URL(DEFAULT_URL) : undefined;
}
