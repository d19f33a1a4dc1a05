// Several tasks as one: the half that draws (Doersch and Zisserman 2017, "Multi-task Self-Supervised Visual Learning"). All draw from
// every sample and their losses are summed, or they take turns. Loads no tensor library; sum-objective.ts has the other half.

import { isDeepStrictEqual } from 'node:util';
import { dropUndefined } from '../../../shared/drop-undefined.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import type { StateSpec } from '../../../shared/state/spec.js';
import { vector } from '../../models/layer-state.js';
import { fork } from './fork.js';
import { nameAmong, putBehind, takeBehind } from './names.js';
import { explainPuzzle, joinAnswers } from '../explain-puzzle.js';
import type { DataSizes, MoveClasses, Needs, Puzzle, ShownArray, TrunkShape } from '../task.js';

/** One of several tasks. */
export interface PuzzlePart {
  readonly name: string;
  readonly puzzle: Puzzle;
  /** Times the loss that a guesser has, where that is known. */
  readonly weight?: number | undefined;
}

export interface Together {
  readonly turns: 'none' | 'microbatch' | 'step';
  readonly balance: 'fixed' | 'uncertainty';
  readonly sizes: DataSizes;
}

/** Name of the learnt numbers that tasks are weighed by, one each, among arrays of the state (behind `head/`) and losses. */
export const BALANCE = 'balance';

/** Name of the array that says whose turn it is: the place of a task among all, from 1; 0 where all of them were drawn. */
export const TURN = 'turn';

/**
 * What a task's losses are multiplied by, so that a guesser loses the weight. Throws PretextError BAD_RECIPE where nobody knows what a
 * guesser loses and no weight is given.
 */
export function factorOf({ name, puzzle: { terms, chanceLosses = {} }, weight }: PuzzlePart): number {
  const known = terms.map((term) => chanceLosses[term]);
  if (known.every((loss) => loss !== undefined)) return (weight ?? 1) / known.reduce((sum, loss) => sum + loss, 0);
  if (weight !== undefined) return weight;
  throw new PretextError('BAD_RECIPE', `tasks: ${name} cannot be weighed against the others: what a guesser loses by ${terms.join(' and ')} is not known.`, {
    hint: 'Give it a weight, which its loss is then multiplied by as it is.',
  });
}

/** Throws PretextError BAD_RECIPE where the tasks do not go together. */
export function sumPuzzles(parts: readonly PuzzlePart[], { turns, balance, sizes }: Together): Puzzle {
  for (const part of parts) factorOf(part);
  const combine = <Value>(of: (puzzle: Puzzle) => Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.assign({}, ...parts.map(({ name, puzzle }) => putBehind(name, of(puzzle)))) as Record<string, Value>;
  const drawEach = (own: (puzzle: Puzzle) => Puzzle['draw']): Puzzle['draw'] => (media, random, out, turn) => {
    if (turn !== undefined) out[TURN]![0] = turn + 1;
    return parts.every(({ name, puzzle }, index) => {
      const stream = fork(random, name);
      return (turn !== undefined && turn !== index) || own(puzzle)(media, stream, takeBehind(name, out));
    });
  };
  const samplesPerTurn = turns === 'step' ? sizes.samplesPerStep : sizes.microbatchSize;
  return {
    needs: joinNeeds(parts),
    arrays: { ...combine(({ arrays }) => arrays), [TURN]: { type: 'int32', shape: [1] } },
    terms: [...parts.flatMap(({ name, puzzle: { terms } }) => terms.map((term) => `${name}/${term}`)), ...(balance === 'uncertainty' ? [BALANCE] : [])],
    metrics: combine(({ metrics }) => metrics),
    ...joinRules(parts),
    ...dropUndefined({ incomparable: parts.find(({ puzzle }) => puzzle.incomparable !== undefined)?.puzzle.incomparable }),
    ...(turns !== 'none' && { turnOf: (position: number) => Math.floor(position / samplesPerTurn) % parts.length }),
    state: (trunk) => [...joinStates(parts, trunk, turns), ...(balance === 'uncertainty' ? [vector(`head/${BALANCE}`, parts.length, 0)] : [])],
    draw: drawEach(({ draw }) => draw),
    ...(parts.some(({ puzzle }) => puzzle.drawPlain) && { drawPlain: drawEach(({ draw, drawPlain = draw }) => drawPlain) }),

    explain(drawn) {
      const each = parts.map(({ name, puzzle }) => ({ name, ...explainPuzzle(puzzle, takeBehind(name, drawn)) }));
      const byTask = Object.fromEntries(each.flatMap(({ name, answer }) => (answer === '' ? [] : [[name, answer] as const])));
      return { answer: joinAnswers(byTask), shown: combineShown(each), byTask };
    },

    showPredicted: (drawn, predicted) => combineShown(parts.flatMap(({ name, puzzle }) => {
      const shown = puzzle.showPredicted?.(takeBehind(name, drawn), takeBehind(name, predicted));
      return shown ? [{ name, shown }] : [];
    })),
  };
}

const combineShown = (parts: readonly { readonly name: string; readonly shown: Readonly<Record<string, ShownArray>> }[]): Record<string, ShownArray> =>
  Object.assign({}, ...parts.map(({ name, shown }) => putBehind(name, shown))) as Record<string, ShownArray>;

function joinNeeds(parts: readonly PuzzlePart[]): Needs {
  const all = parts.map(({ puzzle }) => puzzle.needs);
  const [soundHz, ...others] = [...new Set(all.flatMap((needs) => needs.soundHz ?? []))];
  if (others.length > 0) throw new PretextError('BAD_RECIPE', `tasks: they need sound of ${[soundHz, ...others].join(' and ')} samples a second, expected one rate for all.`);
  const colours = all.flatMap(({ colour }) => colour ?? []);
  return {
    media: all.some(({ media }) => media === 'video') ? 'video' : 'image',
    ...(soundHz !== undefined && { soundHz }),
    ...(all.some(({ mask }) => mask) && { mask: true as const }),
    ...(colours.length > 0 && { colour: colours.join(', and ') }),
  };
}

/** The rules of the tasks that have some; without one, a sentence that names the tasks. */
function joinRules(parts: readonly PuzzlePart[]): Pick<Puzzle, 'equivariance'> {
  const rules = parts.flatMap(({ name, puzzle: { equivariance } }): [string, MoveClasses][] =>
    (typeof equivariance === 'object' ? Object.entries(equivariance).map(([prediction, move]) =>
      [`${name}/${prediction}`, (first, second) => move(takeBehind(name, first), takeBehind(name, second))]) : []));
  return { equivariance: rules.length > 0 ? Object.fromEntries(rules) : `nobody can say how the classes of ${parts.map(({ name }) => name).join(' and ')} move with the puzzle` };
}

/** Each task has its own arrays; teachers of the trunk that follow it alike are one. */
function joinStates(parts: readonly PuzzlePart[], trunk: TrunkShape, turns: Together['turns']): StateSpec[] {
  const joined = new Map<string, StateSpec>();
  for (const { name, puzzle } of parts) {
    for (const spec of puzzle.state(trunk)) {
      if (turns !== 'none' && (spec.kind === 'queue' || spec.kind === 'bank')) {
        throw new PretextError('BAD_RECIPE', `turns: ${name} keeps rows of every sample, expected none of it, given "${turns}".`);
      }
      const own = renameSpec(name, spec);
      const other = joined.get(own.name);
      if (other && !isDeepStrictEqual(other, own)) {
        throw new PretextError('BAD_RECIPE', `tasks: ${name} and another task have teachers that do not follow the trunk alike, expected one momentum.`);
      }
      joined.set(own.name, own);
    }
  }
  return [...joined.values()];
}

function renameSpec(task: string, spec: StateSpec): StateSpec {
  const name = nameAmong(task, spec.name);
  if (spec.kind === 'teacher') return { ...spec, name, of: nameAmong(task, spec.of) };
  if (spec.kind === 'trained' && spec.player !== undefined) return { ...spec, name, player: nameAmong(task, spec.player) };
  return { ...spec, name };
}
