// What was seen of a dataset, in a few lines for people, and what of it would make a run wrong. Pure.

import type { Item, Survey, VideoTrait } from './dataset.js';
import { describeLabels } from './describe-labels.js';
import { describeMasks } from './masks/describe-masks.js';
import { countBy, nameSome } from './name-some.js';
import { looksLikeSplit } from './split-names.js';

/** About five lines: how many items, their classes, their sizes and lengths, labels, what is not used. */
export function describeListing({ items, rejected, ignored, labels, listed, maskClasses }: Survey): string[] {
  const classes = countBy(items, ({ label }) => label);
  const numTrain = items.filter(({ split }) => split === 'train').length;
  return [
    `${items.length} ${items[0]?.kind ?? 'file'}${items.length === 1 ? '' : 's'}: ${numTrain} to train on, ${items.length - numTrain} held out`,
    classes.length === 0 ? 'no classes' : `${classes.length} classes: ${nameSome(classes.map(([name, count]) => `${name} ${count}`))}`,
    ...describeLabels(items),
    ...describeMasks({ items, ...(maskClasses && { maskClasses }) }),
    ...describeSizes(items),
    ...describeNumbers(items),
    ...describeTimes(items),
    ...describeTraits(items),
    ...(labels ? [`labels.csv: ${labels.matched} of ${labels.rows} rows matched, ${labels.unmatched} name no file; ${labels.unlisted} files are not listed`] : []),
    ...(listed ? [`the list: ${listed.paths - listed.missing} of ${listed.paths} paths found; ${listed.left} files of the folder are not on it`] : []),
    ...(rejected.length > 0 ? [`${rejected.length} cannot be used: ${nameSome(rejected.map(({ path, reason }) => `${path} (${reason})`), 2)}`] : []),
    ...(ignored.length > 0 ? [`not used: ${nameSome(ignored.map(({ extension, count, why }) => `${count} ${extension === '' ? 'files' : `.${extension}`} (${why})`))}`] : []),
  ];
}

function describeSizes(items: readonly Item[]): string[] {
  const known = items.filter(({ width, height }) => width !== undefined && height !== undefined);
  const sizes = countBy(known, ({ width, height }) => `${width}x${height}`);
  const [most] = sizes;
  if (most === undefined) return [];
  if (sizes.length === 1) return [`all of ${most[0]} pixels`];
  const byArea = [...known].sort((a, b) => a.width! * a.height! - b.width! * b.height!);
  const [least, largest] = [byArea[0]!, byArea.at(-1)!];
  return [`${least.width}x${least.height} to ${largest.width}x${largest.height} pixels, most often ${most[0]}`];
}

/** Bands and depths, where they are not those of photographs. */
function describeNumbers(items: readonly Item[]): string[] {
  const kinds = countBy(items, ({ kind, bands = 3, sampleType = 'uint8' }) => (kind === 'image' ? `${bands} band${bands === 1 ? '' : 's'} of ${sampleType}` : undefined));
  const isUsual = kinds.every(([name]) => name === '3 bands of uint8');
  return isUsual ? [] : [`numbers of a pixel: ${nameSome(kinds.map(([name, count]) => `${name} ${count}`))}`];
}

function describeTimes(items: readonly Item[]): string[] {
  const videos = items.filter(({ kind }) => kind === 'video');
  if (videos.length === 0) return [];
  const times = videos.flatMap(({ durationS }) => (durationS === undefined ? [] : [durationS])).sort((a, b) => a - b);
  const total = times.reduce((sum, time) => sum + time, 0);
  const unknown = videos.length - times.length;
  return [
    `${(total / 60).toFixed(1)} min in all, ${(times[0] ?? 0).toFixed(1)} to ${(times.at(-1) ?? 0).toFixed(1)} s each${unknown > 0 ? `; ${unknown} of unknown length` : ''}`,
  ];
}

/** What becomes of frames that are not as usual. */
const TRAITS: Readonly<Record<VideoTrait, string>> = {
  interlaced: 'are interlaced: their frames are deinterlaced',
  hdr: 'have a high dynamic range: their frames are taken as they are, which is flat; tone-map them (ffmpeg -vf zscale=t=linear,tonemap=hable,zscale=t=bt709:m=bt709) for natural colours',
  alpha: 'have transparency, which is ignored: their colours are taken as they are',
};

function describeTraits(items: readonly Item[]): string[] {
  return (Object.keys(TRAITS) as VideoTrait[]).flatMap((trait) => {
    const count = items.filter(({ traits = [] }) => traits.includes(trait)).length;
    return count === 0 ? [] : [`${count} videos ${TRAITS[trait]}`];
  });
}

/** Why a run on the data would not be what is meant, a sentence each. */
export function findProblems({ items, rejected, labels, listed, doubtful, numOutside }: Survey): string[] {
  const oddClasses = countBy(items, ({ label }) => label).map(([name]) => name).filter(looksLikeSplit);
  const suspects = [...new Set([...doubtful, ...oddClasses.filter((name) => !doubtful.some((path) => path.split('/').at(-1) === name))])];
  const numBad = rejected.length;
  return [
    ...(items.every(({ split }) => split !== 'train') ? ['Nothing is left to train on.'] : []),
    ...(suspects.length > 0 ? [`Named like a split, but taken for a class or a plain folder: ${nameSome(suspects)}. Put splits above classes, or say in labels.csv which file is what.`] : []),
    ...(numOutside > 0 ? [`${numOutside} links lead out of the folder and are left out; data.links: all follows them.`] : []),
    ...(labels && labels.unmatched > 0 ? [`${labels.unmatched} of ${labels.rows} rows of labels.csv name no file.`] : []),
    ...(listed && listed.missing > 0 ? [`${listed.missing} of ${listed.paths} paths of the list are of no file that can be read.`] : []),
    ...(numBad > items.length ? [`Most files cannot be used: ${numBad} of ${numBad + items.length}.`] : []),
  ];
}
