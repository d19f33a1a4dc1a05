// What `pretext data` says, for people.

import { nameSome } from '../../shared/datasets/name-some.js';
import type { DataReport, UnlistedReport } from '../data/data-report.js';
import { formatLines } from './lines.js';

const MAX_CLASSES = 20;
const MAX_SIZES = 8;

/** Several lines, the last one ended. */
export function formatDataReport(report: DataReport | UnlistedReport): string {
  const { root, problems } = report;
  const lines = [
    'source' in report ? `${root} (${report.source})` : root,
    ...('source' in report ? listFacts(report).map((line) => `  ${line}`) : []),
    problems.length === 0 ? `nothing ${hasUnusable(report) ? 'else ' : ''}is wrong with it` : 'a run on it would be wrong:',
    ...problems.map((problem) => `  ${problem}`),
  ];
  return formatLines(lines);
}

/** Whether the lines above name files that cannot be used. */
function hasUnusable(report: DataReport | UnlistedReport): boolean {
  return 'source' in report && report.rejected.length + report.looks.unreadable.length > 0;
}

function listFacts(report: DataReport): string[] {
  const { lines, classes, sizes, durationsS, sounding, duplicates, numHidden, items } = report;
  const copies = duplicates.reduce((sum, { paths }) => sum + paths.length - 1, 0);
  return [
    ...lines,
    ...(classes.length > 0 ? [`in training and held out: ${nameSome(classes.map(({ name, train, test }) => `${name} ${train}+${test}`), MAX_CLASSES)}`] : []),
    ...(sizes.length > 1 ? [`sizes: ${nameSome(sizes.map(({ size, count }) => `${size} ${count}`), MAX_SIZES)}`] : []),
    ...(durationsS ? [`half of them last ${durationsS.median.toFixed(1)} s or more; ${sounding} of ${items.train + items.test} have sound`] : []),
    ...describeLooks(report),
    ...(copies > 0 ? [`${copies} files hold what another one holds: ${nameSome(duplicates.map(({ paths }) => paths.slice(0, 2).join(' = ')), 3)}`] : ['no two files hold the same']),
    ...(numHidden > 0 ? [`${numHidden} hidden files and folders are left out`] : []),
  ];
}

function describeLooks({ looks: { numLooked, unreadable, constant, black } }: DataReport): string[] {
  const named = unreadable.map(({ path, reason }) => `${path} (${reason})`);
  return [
    `${numLooked - unreadable.length} of ${numLooked} that were looked into can be decoded${unreadable.length > 0 ? `, not ${nameSome(named, 3)}` : ''}`,
    ...(constant.length > 0 ? [`${constant.length} of one colour, ${black.length} of them black: ${nameSome(constant)}`] : []),
  ];
}
