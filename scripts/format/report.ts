// A run's report in words, for the end of `pretext run` and of the demo.

import { describeUnusable } from '../../coordinator/run/unusable.js';
import { nameSome } from '../../shared/datasets/name-some.js';
import type { FullReport } from '../actions/pretrain.js';
import { describeAudit } from './audit.js';
import { formatEvaluation } from './evaluation.js';
import { formatLines } from './lines.js';

const round = (value: number, digits: number): string => value.toFixed(digits);
const formatLoss = (loss: number | null): string => (loss === null ? 'none' : round(loss, 3));

function formatPhases(phases: NonNullable<FullReport['phases']>): string {
  const { dataWaitMs, computeMs, exchangeMs, updateMs, stepMs, outsideShare } = phases;
  const parts = `compute ${round(computeMs, 0)}, exchange ${round(exchangeMs, 0)}, update ${round(updateMs, 0)}, data wait ${round(dataWaitMs, 0)}`;
  return `step        ${round(stepMs, 0)} ms: ${parts}; outside compute and update ${round(100 * outsideShare, 1)} %`;
}

/** What a stage began from, in words. */
export function describeInit({ init }: Pick<FullReport['stages'][number], 'init'>): string {
  if (init === undefined || init.from === 'seed') return 'random values of the seed';
  const parts = [init.blocks === undefined ? 'the trunk' : `the first ${init.blocks} blocks of the trunk`, ...(init.rest === 'moments' ? ['the moments of the others'] : []), ...(init.heads === true ? ['the head'] : [])].join(', ');
  return init.from === 'stage' ? `${parts} of the stage before` : `${parts} of "${init.from}"${init.sha256 === undefined ? '' : ` (SHA-256 ${init.sha256.slice(0, 12)}...)`}`;
}

/** The tasks of a stage, behind its name where it has one of its own: a stage without is called by the run's. */
const nameStage = ({ name, task }: FullReport['stages'][number], runName: string | undefined): string => (name === undefined || name === runName ? task : `${name}: ${task}`);

function formatEarlier(report: FullReport['stages'][number], runName: string | undefined): string {
  const { stage, steps, samples, loss, verdict, digest } = report;
  const last = loss.last === undefined ? '' : `, loss ${formatLoss(loss.last)} at last`;
  const judged = verdict === undefined ? '' : `, ${verdict.kind}`;
  return `stage ${stage}     ${nameStage(report, runName)} from ${describeInit(report)}, ${steps} steps, ${samples.committed} of ${samples.planned} samples${last}${judged}; ${digest === undefined ? 'its checkpoint is gone' : `digest ${digest}`}`;
}

/** Several lines, the last one ended. */
export function formatReport(report: FullReport): string {
  const earlier = report.stages.slice(0, -1).map((stage) => formatEarlier(stage, report.name));
  const { samples, loss, workers, rejectedFiles, quarantinedFiles, phases, samplesPerSecond } = report;
  const { planned, committed, duplicated, missing, quarantined } = samples;
  const lines = [
    ...earlier,
    `task        ${nameStage(report.stages.at(-1)!, report.name)}, model ${report.model}, ${report.steps} steps, seed ${report.seed}`,
    `init        ${describeInit(report)}`,
    `samples     planned ${planned}, committed ${committed}, duplicated ${duplicated}, missing ${missing}, quarantined ${quarantined}`,
    ...describeUnusable(quarantinedFiles).map((line) => `            ${line}`),
    ...(rejectedFiles.length > 0 ? [`files       ${rejectedFiles.length} could not be used: ${nameSome(rejectedFiles.map(({ path }) => path), 3)}`] : []),
    ...(loss.first === undefined || loss.last === undefined ? [] : [`loss        ${formatLoss(loss.first)} at first, ${formatLoss(loss.last)} at last`]),
    ...(phases ? [formatPhases(phases)] : []),
    ...(samplesPerSecond === undefined ? [] : [`speed       ${round(samplesPerSecond, 1)} samples/s`]),
    ...report.lostLines.map(({ path, lines: count, reason }) => `lost        ${count} lines of ${path}: ${reason}`),
    ...(report.audit ? [`audit       ${describeAudit(report.audit)}`] : []),
    ...(report.verdict ? [`verdict     ${report.verdict.kind}: ${report.verdict.text}`] : []),
    ...(report.best ? [`best        ${report.best.metric} ${round(report.best.value, 3)} at step ${report.best.step}: ${report.best.checkpoint}`] : []),
    `workers     ${workers.map(({ id, backend, samples: done }) => `${id} (${backend}, ${done} samples)`).join(', ')}`,
    ...(report.evaluation ? formatEvaluation(report.evaluation) : []),
    `digest      ${report.digest}`,
    `checkpoint  ${report.checkpoint}`,
  ];
  return formatLines(lines);
}
