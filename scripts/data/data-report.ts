// Everything that `pretext data` says of a folder, for machines; and what of it would make a run wrong. Pure.

import { describeListing, findProblems } from '../../shared/datasets/describe-listing.js';
import type { IgnoredFiles, Item, LabelCounts, RejectedItem, Survey } from '../../shared/datasets/dataset.js';
import { countBy, nameSome } from '../../shared/datasets/name-some.js';
import type { SourceName } from '../../shared/datasets/kinds.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { findDuplicates, type Duplicate } from './find-duplicates.js';
import type { Looks } from './look-at-items.js';
import { median } from './median.js';

interface SplitCounts {
  readonly train: number;
  readonly test: number;
}

/** A folder that no run can be started on. */
export interface UnlistedReport {
  readonly root: string;
  readonly problems: readonly string[];
}

export interface DataReport extends UnlistedReport {
  readonly source: SourceName;
  /** What a run says of it too. */
  readonly lines: readonly string[];
  readonly items: SplitCounts;
  readonly classes: readonly ({ readonly name: string } & SplitCounts)[];
  readonly sizes: readonly { readonly size: string; readonly count: number }[];
  /** Videos only. Of those of known length. */
  readonly durationsS?: { readonly total: number; readonly least: number; readonly median: number; readonly most: number; readonly unknown: number };
  /** Videos with sound. */
  readonly sounding?: number;
  readonly labels?: LabelCounts;
  readonly rejected: readonly RejectedItem[];
  readonly ignored: readonly IgnoredFiles[];
  readonly numHidden: number;
  readonly numOutside: number;
  readonly looks: Looks;
  readonly duplicates: readonly Duplicate[];
}

export interface DataFacts {
  readonly root: string;
  readonly source: SourceName;
  readonly survey: Survey;
  readonly looks: Looks;
  /** What a run would say of the values of the pictures. */
  readonly notes: readonly string[];
}

export function createDataReport({ root, source, survey, looks, notes }: DataFacts): DataReport {
  const { items, rejected, ignored, labels, numHidden, numOutside } = survey;
  const videos = items.filter(({ kind }) => kind === 'video');
  const duplicates = findDuplicates(items);
  return {
    root, source, rejected, ignored, numHidden, numOutside, looks, duplicates,
    lines: [...describeListing(survey), ...notes],
    problems: [...findProblems(survey), ...findInside(looks, duplicates)],
    items: countSplits(items),
    classes: countClasses(items),
    sizes: countBy(items, ({ width, height }) => (width === undefined ? undefined : `${width}x${height}`)).map(([size, count]) => ({ size, count })),
    ...dropUndefined({ labels }),
    ...(videos.length > 0 && { durationsS: describeDurations(videos), sounding: videos.filter(({ hasSound }) => hasSound === true).length }),
  };
}

function countSplits(items: readonly Item[]): SplitCounts {
  const train = items.filter(({ split }) => split === 'train').length;
  return { train, test: items.length - train };
}

function countClasses(items: readonly Item[]): DataReport['classes'] {
  const trained = new Map(countBy(items.filter(({ split }) => split === 'train'), ({ label }) => label));
  return countBy(items, ({ label }) => label).map(([name, count]) => ({ name, train: trained.get(name) ?? 0, test: count - (trained.get(name) ?? 0) }));
}

function describeDurations(videos: readonly Item[]): NonNullable<DataReport['durationsS']> {
  const times = videos.flatMap(({ durationS }) => (durationS === undefined ? [] : [durationS])).sort((a, b) => a - b);
  return {
    total: times.reduce((sum, time) => sum + time, 0),
    least: times[0] ?? 0, median: median(times), most: times.at(-1) ?? 0,
    unknown: videos.length - times.length,
  };
}

/** What only their contents tell. */
function findInside({ numLooked, unreadable, constant }: Looks, duplicates: readonly Duplicate[]): string[] {
  const across = duplicates.filter(({ isAcrossSplits }) => isAcrossSplits);
  const isMost = (count: number): boolean => 2 * count > numLooked;
  return [
    ...(across.length > 0 ? [`${across.length} contents are trained on and held out: ${nameSome(across.map(({ paths }) => paths.slice(0, 2).join(' = ')), 3)}.`] : []),
    ...(isMost(unreadable.length) ? [`Most files cannot be decoded: ${unreadable.length} of ${numLooked}, ${unreadable[0]!.path}: ${unreadable[0]!.reason}`] : []),
    ...(isMost(constant.length) ? [`Most pictures are of one colour: ${constant.length} of ${numLooked}, such as ${nameSome(constant, 3)}.`] : []),
  ];
}
