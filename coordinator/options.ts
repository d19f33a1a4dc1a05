// What a coordinator is started with, and what it is while it runs.

import type { Logger } from 'pino';
import type { TlsFiles } from '../shared/client/credentials.js';
import type { Registries } from '../shared/recipe/complete.js';
import type { RunRecipe } from '../shared/recipe/stages.js';
import type { LogHub } from './logs/log-hub.js';
import type { LookAt } from './observe/looks.js';
import type { FitRecipe, Lister } from './run/complete-stage.js';
import type { RunMode, RunPaths } from './run/folder.js';
import type { CreateTrial, LayoutOf, LearntOf, NamesOf } from './run/prepare.js';
import type { RunReport } from './run/report.js';
import type { RunStatus } from './run/status.js';
import type { Secrets } from './server/tokens.js';

export interface CoordinatorOptions {
  /** A run that is gone on with has its own, and takes from here what no bit depends on. */
  readonly recipe?: RunRecipe;
  readonly registries: Registries;
  readonly layoutOf: LayoutOf;
  readonly namesOf: NamesOf;
  /** Without it nobody judges whether the run learns. */
  readonly learntOf?: LearntOf;
  /** Without it nobody looks at held-out items while the run goes on. */
  readonly lookAt?: LookAt;
  /** Without it nobody doubts what a worker could not use. */
  readonly createTrial?: CreateTrial;
  /** Chooses sizes of a new run by its data. */
  readonly fit?: FitRecipe;
  /** Has listed data of a new run before. */
  readonly list?: Lister;
  readonly out: string;
  readonly mode: RunMode;
  /** A folder for a second copy of the run, made as it goes on. */
  readonly mirror?: string;
  /** Go on over damage of the journal. */
  readonly recover?: boolean;
  readonly host: string;
  readonly port: number;
  readonly secrets?: Secrets;
  /** Paths of its certificate and key, and of the authorities of clients' certificates. */
  readonly tls?: TlsFiles;
  readonly insecure: boolean;
  /** Go on answering when the run is complete, until `signal` aborts. */
  readonly keepServing?: boolean;
  readonly log: Logger;
  readonly logHub: LogHub;
  /** Default 10 seconds. */
  readonly graceMs?: number;
  readonly onProgress?: (status: RunStatus) => void;
  readonly onListing?: (done: number, total: number) => void;
  /** Aborting saves a checkpoint, lets the workers go and rejects `finished` with CANCELLED. */
  readonly signal: AbortSignal;
}

export interface Coordinator {
  readonly url: string;
  readonly paths: RunPaths;
  readonly recipe: RunRecipe;
  getStatus(): RunStatus;
  /** The report, once the run is complete and, unless it is served on, everything is closed. Rejects with why it stopped. */
  readonly finished: Promise<RunReport>;
  /** Resolves when everything is closed, however the run ended. */
  readonly closed: Promise<void>;
}
