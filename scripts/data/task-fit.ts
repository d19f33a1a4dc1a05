// Which tasks fit data, and why the others do not: rules over what was measured, one for each reason. Pure.

import type { LabelKind } from '../../shared/datasets/dataset.js';
import type { SourceName } from '../../shared/datasets/kinds.js';
import type { TaskName } from '../../worker/tasks/puzzles.js';
import { COMPARING } from './fit-recipe.js';
import { NEEDED_LABELS, type TaskFacts } from '../tasks/describe-tasks.js';

/** What is known of the data. */
export interface DataTraits {
  readonly source: SourceName;
  readonly kind: 'image' | 'video';
  readonly numTrain: number;
  /** Of what was looked into, 0..1. */
  readonly shares: {
    readonly grey: number;
    readonly constant: number;
    /** Items that show nearly what another one shows. */
    readonly near: number;
    /** Videos in which hardly anything moves. */
    readonly still: number;
    /** Videos with sound. */
    readonly sounding: number;
    /** Training items with a label that lists several classes or none, of all with a label. */
    readonly listed: number;
  };
  /** How surely pictures have an up direction, in standard errors; undefined where too few of them differ to tell. */
  readonly up: number | undefined;
  /** Of the training items, by what labels are to a task. */
  readonly numClasses: Readonly<Record<LabelKind, number>>;
  /** Median of the shorter side, in pixels; 0 where unknown. */
  readonly shortSide: number;
  /** Median length of videos, in seconds; 0 where unknown. */
  readonly durationS: number;
}

export interface Fit {
  readonly task: string;
  readonly fits: boolean;
  /** Against it, or what to know of it; in sentences. */
  readonly reasons: readonly string[];
}

/** Something that speaks against tasks on some data. */
interface Objection {
  /** All tasks that ask for it; a function for what the registry itself says. */
  readonly tasks: readonly TaskName[] | ((task: TaskFacts) => boolean);
  readonly holds: (traits: DataTraits, task: TaskFacts) => boolean;
  /** False for what is worth saying but no reason to leave the task. */
  readonly isDecisive: boolean;
  readonly reason: (traits: DataTraits, task: TaskFacts) => string;
}

/** Below this turned pictures look like upright ones, in standard errors. */
const LEAST_UP = 4;
const MOST = 0.5;
const FEW_TO_TELL_APART = 100;
const LEAST_SECONDS = 1;
const SMALL_SIDE = 48;

export const percent = (share: number): string => `${Math.round(100 * share)} %`;

const OF_PLACES: readonly TaskName[] = ['jigsaw', 'relative-location'];
const hasNoUp = ({ up }: DataTraits): boolean => up !== undefined && up < LEAST_UP;
const OF_MOTION = ({ media, needsSound }: TaskFacts): boolean => media === 'video' && !needsSound;
const needsColour = ({ name }: TaskFacts): boolean => name === ('colorization' satisfies TaskName);

const OBJECTIONS: readonly Objection[] = [
  { tasks: () => true, holds: ({ shares }) => shares.constant > MOST, isDecisive: true, reason: ({ shares }) => `${percent(shares.constant)} are of one colour: they show nothing to learn from.` },
  { tasks: ({ media }) => media === 'video', holds: ({ kind }) => kind === 'image', isDecisive: true, reason: () => 'It learns from videos, and these are images.' },
  { tasks: ['rotation'], holds: hasNoUp, isDecisive: true, reason: ({ up = 0 }) => `Nothing shows which way is up (${up.toFixed(1)} standard errors), as in pictures from above or of cells: a turn cannot be told.` },
  { tasks: OF_PLACES, holds: hasNoUp, isDecisive: false, reason: () => 'Nothing shows which way is up: places can be told by what continues alone.' },
  { tasks: OF_PLACES, holds: ({ shortSide }) => shortSide > 0 && shortSide < SMALL_SIDE, isDecisive: false, reason: ({ shortSide }) => `Pictures are small (${shortSide} pixels): a cell of them shows little.` },
  { tasks: needsColour, holds: ({ shares }) => shares.grey > MOST, isDecisive: true, reason: ({ shares }) => `${percent(shares.grey)} are grey: there are no colours to ask for.` },
  { tasks: ({ needsSound }) => needsSound, holds: ({ kind, shares }) => kind === 'video' && shares.sounding < MOST, isDecisive: true, reason: ({ shares }) => (shares.sounding === 0 ? 'None of them has sound.' : `Only ${percent(shares.sounding)} have sound.`) },
  { tasks: OF_MOTION, holds: ({ kind, shares }) => kind === 'video' && shares.still > MOST, isDecisive: true, reason: ({ shares }) => `In ${percent(shares.still)} hardly anything moves: frames cannot be told apart.` },
  { tasks: OF_MOTION, holds: ({ durationS }) => durationS > 0 && durationS < LEAST_SECONDS, isDecisive: true, reason: ({ durationS }) => `Half of them are shorter than ${durationS.toFixed(1)} s.` },
  { tasks: COMPARING, holds: ({ shares }) => shares.near > MOST, isDecisive: true, reason: ({ shares }) => `${percent(shares.near)} show nearly what another one shows: pictures that shall differ are the same.` },
  { tasks: COMPARING, holds: ({ numTrain }) => numTrain < FEW_TO_TELL_APART, isDecisive: false, reason: ({ numTrain }) => `${numTrain} items are few to tell apart.` },
  { tasks: ({ needsLabels }) => needsLabels !== undefined, holds: ({ numClasses }, { needsLabels }) => numClasses[needsLabels!] < 2, isDecisive: true, reason: (_traits, { needsLabels }) => `It needs ${NEEDED_LABELS[needsLabels!]}.` },
  { tasks: ({ needsLabels }) => needsLabels === 'classes', holds: ({ numClasses, shares }) => numClasses.classes >= 2 && shares.listed === 0, isDecisive: true, reason: () => 'Every label is of one class: classify learns them.' },
  { tasks: ({ needsLabels }) => needsLabels === 'class', holds: ({ numClasses, shares }) => numClasses.class >= 2 && shares.listed > 0, isDecisive: false, reason: ({ shares }) => `It takes a label that lists classes (${percent(shares.listed)} do) for a class of its own: multi-label learns them one by one.` },
];

/** Every task, those that fit first. */
export function fitTasks(tasks: readonly TaskFacts[], traits: DataTraits): Fit[] {
  const fits = tasks.map((task): Fit => {
    const against = OBJECTIONS.filter(({ tasks: meant, holds }) => (typeof meant === 'function' ? meant(task) : meant.includes(task.name as TaskName)) && holds(traits, task));
    return { task: task.name, fits: !against.some(({ isDecisive }) => isDecisive), reasons: against.map(({ reason }) => reason(traits, task)) };
  });
  return fits.sort((a, b) => Number(b.fits) - Number(a.fits) || a.reasons.length - b.reasons.length || (a.task < b.task ? -1 : 1));
}

/** In this order, for what is quickest to learn something. Fine-tuning is none of it. */
const PREFERRED: Readonly<Record<DataTraits['kind'], readonly TaskName[]>> = {
  image: ['rotation', 'vicreg', 'simclr', 'colorization', 'jigsaw', 'mae'],
  video: ['frame-order', 'sound-match', 'rotation', 'vicreg', 'colorization'],
};

/** What nothing begins with: it goes on with a trunk, or with another stage. */
const isLater = ({ needsLabels, needsStage }: TaskFacts): boolean => needsLabels !== undefined || needsStage !== undefined;

/** The task that a recipe should begin with, where none is preferred the first that fits; undefined where none does. */
export function chooseTask(tasks: readonly TaskFacts[], fits: readonly Fit[], { kind }: DataTraits): string | undefined {
  const fitting = fits.filter((fit) => fit.fits).map(({ task }) => task);
  const later = tasks.filter(isLater).map(({ name }) => name);
  return PREFERRED[kind].find((name) => fitting.includes(name)) ?? fitting.find((task) => !later.includes(task));
}
