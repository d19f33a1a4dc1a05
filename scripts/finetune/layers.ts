// The trunk as fine-tuning sees it: layers that are frozen together and have a rate of their own, told by the names of its arrays. Pure.

import { TRUNK } from '../../shared/checkpoint/transfer.js';

export interface Layer {
  /** Beginning of the names of its arrays. */
  readonly match: string;
  /** Stage that it is frozen with, from 0 at the input. */
  readonly stage: number;
  /** Layers between it and the head, which has 0: the last layer has 1. */
  readonly rank: number;
}

interface Part {
  readonly match: string;
  /** Of `stageN` or `blockN`, from 1; 0 for what comes before the first of them or behind the last one. */
  readonly number: number;
}

const unique = <Value>(values: readonly Value[]): Value[] => [...new Set(values)];

function listParts(names: readonly string[]): Part[] {
  const matches = unique(names.map((name) => `${TRUNK}${name.slice(TRUNK.length).split('/')[0]!}/`));
  return matches.map((match) => ({ match, number: Number(/(\d+)\/$/.exec(match)?.[1] ?? 0) }));
}

/** Stages of a trunk; what comes before the first goes with it, and so does what is behind the last one. */
export function listStages(names: readonly string[]): Layer[] {
  const parts = listParts(names);
  const numStages = Math.max(1, ...parts.map(({ number }) => number));
  const first = parts.findIndex(({ number }) => number > 0);
  return parts.map(({ match, number }, place) => {
    const stage = number > 0 ? number - 1 : place < first || first < 0 ? 0 : numStages - 1;
    return { match, stage, rank: numStages - stage };
  });
}

/**
 * Blocks of the stages, each a layer of its own, and what comes before the first of them; what is behind the last one is of the head's
 * rate, as layer-wise decay has it (Bao et al. 2022, "BEiT").
 */
export function listBlocks(names: readonly string[]): Layer[] {
  const layers = listStages(names).flatMap(({ match, stage }) => {
    const inside = names.filter((name) => name.startsWith(match)).map((name) => name.slice(match.length).split('/'));
    const isStage = /\d\/$/.test(match) && inside.every(({ length }) => length > 1);
    return isStage ? unique(inside.map(([block]) => `${match}${block!}/`)).map((block) => ({ match: block, stage })) : [{ match, stage }];
  });
  const isBehind = ({ match }: { readonly match: string }): boolean => !/\d\//.test(match) && match !== layers[0]!.match;
  const ranked = layers.filter((layer) => !isBehind(layer));
  return layers.map((layer) => ({ ...layer, rank: isBehind(layer) ? 0 : ranked.length - ranked.indexOf(layer) }));
}
