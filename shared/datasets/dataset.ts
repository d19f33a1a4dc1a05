// What a source of data is: it lists items once, into a manifest. Workers open the items (worker/decode).

/** One file of a dataset, as the manifest holds it. Paths are relative to the root, with forward slashes. */
export interface Item {
  /** Position in the manifest; what leases name. */
  readonly index: number;
  readonly path: string;
  readonly kind: 'image' | 'video';
  readonly bytes: number;
  /** Which part it belongs to; only `train` is pretrained on. */
  readonly split: 'train' | 'test';
  /** Class name where the data says one, for probes only; never seen by pretraining. */
  readonly label?: string;
  /** Items of one group (cuts of one film) never stand in both splits. */
  readonly group?: string;
  /** In pixels as shown: after rotation (EXIF, container) and with square pixels. */
  readonly width?: number;
  readonly height?: number;
  /** Videos only. Seconds; absent when the container does not say. */
  readonly durationS?: number;
  readonly fps?: number;
  /** Clockwise, in degrees, that the container asks a player to turn the picture by. */
  readonly rotation?: 0 | 90 | 180 | 270;
}

/** A file that cannot be used, and why. It is listed, counted and reported, never silently dropped. */
export interface RejectedItem {
  readonly path: string;
  readonly code: string;
  readonly reason: string;
}

export interface Listing {
  readonly items: readonly Item[];
  readonly rejected: readonly RejectedItem[];
  /** Files of other kinds that were not looked at. */
  readonly ignored?: number;
}

export interface ListOptions {
  /** Share of the items held out for evaluation, 0..1, of those whose split the data does not say. Drawn by group, else by path, keyed by `seed`. */
  readonly holdout: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Called with how many files were looked at, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A way to list data. */
export interface DatasetSource {
  /** How many files of its kind the folder contains, by their names; 0 where this source is not the one for it. */
  recognises(root: string): Promise<number>;
  /** Lists a folder in an order that does not depend on the file system (by path, code-unit order). */
  list(root: string, options: ListOptions): Promise<Listing>;
}
