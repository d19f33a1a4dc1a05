// What a source of data is: it lists items once, into a manifest. Workers open the items (worker/decode).

import type { PixelFacts } from './pictures/resolve-pixels.js';
import type { SampleType } from './pictures/raster.js';

/** Half pictures of lines, a high dynamic range, transparency. */
export type VideoTrait = 'interlaced' | 'hdr' | 'alpha';

/** What a task learns from labels: one class an item, several, or a class of each pixel. */
export const labelKindNames = ['class', 'classes', 'mask'] as const;
export type LabelKind = (typeof labelKindNames)[number];

/** A picture whose numbers are the classes of an item's pixels. */
export interface MaskFile {
  /** Below the root, as those of items. */
  readonly path: string;
  readonly bytes: number;
  readonly content: string;
  /** Where it was listed: when it was last changed, and how many pixels each value has. */
  readonly modifiedMs?: number;
  readonly pixels?: Readonly<Record<string, number>>;
}

/** What a task is told of an item. */
export interface Answer {
  /** Number of its class. */
  readonly label?: number;
  /** Numbers of its classes. */
  readonly labels?: readonly number[];
  /** Of its pixels. */
  readonly mask?: Pick<MaskFile, 'path' | 'bytes' | 'content'>;
}

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
  /** Images only. */
  readonly mask?: MaskFile;
  /** Items of one group (cuts of one film) never stand in both splits. */
  readonly group?: string;
  /** In pixels as shown: after rotation (EXIF, container) and with square pixels. */
  readonly width?: number;
  readonly height?: number;
  /** Images only. Numbers of a pixel, transparency not among them; absent for 3. */
  readonly bands?: number;
  /** Videos only. What frames are not as usual in; absent where they are. */
  readonly traits?: readonly VideoTrait[];
  /** Images only. Kind of the numbers; absent for uint8. */
  readonly sampleType?: SampleType;
  /** Videos only. Seconds; absent when the container does not say. */
  readonly durationS?: number;
  readonly fps?: number;
  /** Clockwise, in degrees, that the container asks a player to turn the picture by. */
  readonly rotation?: 0 | 90 | 180 | 270;
  /** Videos only. */
  readonly hasSound?: boolean;
  /** Hash of what the file holds (content-hash.ts), and when it was last changed, in milliseconds. */
  readonly content?: string;
  readonly modifiedMs?: number;
}

/** A file that cannot be used, and why. It is listed, counted and reported, never silently dropped. */
export interface RejectedItem {
  readonly path: string;
  readonly code: string;
  readonly reason: string;
}

/** Files of one extension that are not of the kind that is listed. */
export interface IgnoredFiles {
  /** Lower case, without a dot; empty for names without one. */
  readonly extension: string;
  readonly count: number;
  readonly why: string;
}

/** How the rows of labels.csv and the files of the folder go together. */
export interface LabelCounts {
  readonly rows: number;
  /** Rows of files that are listed. */
  readonly matched: number;
  /** Rows that name no file. */
  readonly unmatched: number;
  /** Files that no row names. */
  readonly unlisted: number;
}

/** How a list of files and the folder go together. */
export interface ListCounts {
  /** Paths of the list, and those of them that are of no file that can be read. */
  readonly paths: number;
  readonly missing: number;
  /** Files that it does not name. */
  readonly left: number;
}

export interface Listing {
  readonly items: readonly Item[];
  readonly rejected: readonly RejectedItem[];
  /** What was found out about the values of the pictures, where they had to be read for it. */
  readonly pixels?: PixelFacts;
}

/** A listing and what was seen on the way. */
export interface Survey extends Listing {
  readonly ignored: readonly IgnoredFiles[];
  /** Where a list says which files are used. */
  readonly listed?: ListCounts;
  /** Hidden files and folders. */
  readonly numHidden: number;
  /** Links that lead out of the folder and were not followed. */
  readonly numOutside: number;
  /** Names of the classes of masks, where the data have some. */
  readonly maskClasses?: readonly string[];
  /** Absent where there is no labels.csv. */
  readonly labels?: LabelCounts;
  /** Folders named like a split that are none, as they lie. */
  readonly doubtful: readonly string[];
}

/** Which links are followed: those that stay within the folder, or those that leave it too. */
export type LinkPolicy = 'inside' | 'all';

export interface ListOptions {
  /** Share of the items held out for evaluation, 0..1, of those whose split the data does not say. Drawn by group, else by path, keyed by `seed`. */
  readonly holdout: number;
  readonly seed: number;
  /** Default: inside. */
  readonly links?: LinkPolicy;
  /** Path of a text file that names the files to use. */
  readonly list?: string | undefined;
  readonly signal?: AbortSignal;
  /** Called with how many files were looked at, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A way to list data. */
export interface DatasetSource {
  /** Lists a folder in an order that does not depend on the file system (by path, code-unit order). */
  list(root: string, options: ListOptions): Promise<Survey>;
}
