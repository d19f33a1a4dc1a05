import test from 'ava';
import { throwOnGate } from '../../../coordinator/run/gate.js';
import type { VerdictKind } from '../../../coordinator/observe/verdict.js';
import { parseStage } from '../../helpers/recipes.js';

const pass = (gate: string, kind: VerdictKind | undefined): void =>
  throwOnGate({ number: 2, recipe: parseStage(`data: {root: x}\ngate: ${gate}`).recipe }, kind && { kind, step: 9, text: 'so it is.' });

test('a gate is closed at the verdicts that it names, and open at others and without one', (t) => {
  for (const [name, kind] of [['at-chance', 'at chance'], ['too-easy', 'too easy'], ['collapsed', 'collapsed'], ['diverging', 'diverging'], ['overfitting', 'overfitting']] as const) {
    const error = t.throws(() => pass(`[${name}]`, kind), { code: 'GATE_CLOSED' });
    t.is(error.message, `Stage 2 is complete, and its gate does not let the run go on: ${kind}: so it is.`);
    t.notThrows(() => pass(`[${name}]`, 'learning'));
    t.notThrows(() => pass(`[${name}]`, undefined));
  }
  t.notThrows(() => pass('[]', 'collapsed'));
  t.throws(() => pass('[early]', 'early'), { code: 'BAD_RECIPE', message: /gate\.0: expected one of collapsed, diverging, overfitting, at-chance, too-easy, given "early"/ });
});
