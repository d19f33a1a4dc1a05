// How much of a machine one worker takes for its data: what decides speed and memory, never the result.

import { availableParallelism, totalmem } from 'node:os';

export interface Resources {
  /** Items decoded at the same time; each video takes one ffmpeg process of one thread. */
  readonly decodes: number;
  /** Threads that draw puzzles from decoded frames. */
  readonly augmentThreads: number;
  /** Memory for decoded frames. */
  readonly frameCacheBytes: number;
  /** Disk for files that came from the coordinator. */
  readonly fileCacheBytes: number;
  /** Of all workers that share a folder with this one, where it is known which they are. */
  readonly fileCacheFolderBytes?: number;
}

export interface MachineSize {
  readonly cores: number;
  readonly memoryBytes: number;
}

const FILE_CACHE_BYTES = 20 * 1024 ** 3;
/** The rest is for the model, its gradients, ffmpeg and the system. */
const FRAME_CACHE_SHARE = 1 / 8;

/** What each of `workers` on one machine takes. Decoding and drawing wait for each other, so they may share cores. */
export function chooseResources({ cores, memoryBytes }: MachineSize, workers = 1): Resources {
  const share = Math.floor(cores / workers);
  return {
    // Two even where the cores are few: one file is opened while another is decoded.
    decodes: Math.max(2, share),
    augmentThreads: Math.max(1, Math.floor(share / 2)),
    frameCacheBytes: Math.floor((memoryBytes * FRAME_CACHE_SHARE) / workers),
    fileCacheBytes: FILE_CACHE_BYTES,
  };
}

/** Cores and memory that this process may use. */
export function measureMachine(): MachineSize {
  // A container's limit, where it has one; 0 or a huge number says that it has none.
  return { cores: availableParallelism(), memoryBytes: Math.min(totalmem(), process.constrainedMemory() || Infinity) };
}
