// What a worker is told when it starts.

import type { Logger } from 'pino';
import type { Credentials } from '../../shared/client/credentials.js';
import type { Resources } from '../data/resources.js';

/** How work ends that ends well: the run is complete, or the worker was told to leave it. */
export type WorkEnd = 'finished' | 'left';

export interface WorkerOptions {
  /** Address of the coordinator. */
  readonly join: URL;
  readonly credentials?: Credentials;
  /** Name in logs and reports. Default: host and process. */
  readonly name?: string;
  readonly backend: string;
  readonly device?: number;
  /** Threads that compute. */
  readonly threads?: number;
  /** Folder with a copy of the dataset; without it files come from the coordinator. */
  readonly data?: string;
  /** Folder for files that came from the coordinator. Default: one in the system's temporary folder. */
  readonly cache?: string;
  /** What reading the data may take of the machine. */
  readonly resources: Resources;
  /** How long to try for a first connection, and for a lost one. */
  readonly connectForMs: number;
  readonly reconnectForMs: number;
  readonly log: Logger;
  /**
   * Called with a way to send log records once connected, and with undefined when the connection is lost. Sending returns false
   * when records cannot be sent now.
   */
  readonly onConnection?: (send: ((records: string[], dropped: number) => boolean) | undefined) => void;
  /** Called each time that work of this worker is handed in. */
  readonly onWorked?: () => void;
  /** Aborting drains: the microbatch in hand is finished and sent. */
  readonly signal: AbortSignal;
}
