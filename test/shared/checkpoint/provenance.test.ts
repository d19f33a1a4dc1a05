import test from 'ava';
import { provenanceMetadata, readProvenance } from '../../../shared/checkpoint/provenance.js';
import { readRecipe } from '../../../worker/bind-recipe.js';

const RECIPE = readRecipe({
  data: { root: 'secret/pictures', source: 'image-folder', side: 24, shortSide: 28, list: 'secret/list.txt' },
  task: { name: 'rotation' }, steps: 7, init: { from: 'secret/trunk.safetensors', sha256: 'a'.repeat(64) },
});
const MARK = { run: 'r1', stage: 2, recipeHash: 'b'.repeat(64), dataHash: 'c'.repeat(64) };

test('a checkpoint says which run, stage, step, recipe and data made it, and the recipe can be used again', (t) => {
  const { recipe, ...mark } = readProvenance({ ...provenanceMetadata(RECIPE, MARK), step: '5' }, 'file');
  t.deepEqual(mark, { ...MARK, step: 5 });
  const again = readRecipe({ ...recipe, data: { ...recipe.data, root: 'elsewhere' } });
  t.deepEqual([again.task, again.model, again.data.side], [RECIPE.task, RECIPE.model, 24]);
  t.is(again.init!.sha256, 'a'.repeat(64));
});

test('it names no folder of the machine that made it', (t) => {
  t.notRegex(JSON.stringify(provenanceMetadata(RECIPE, MARK)), /secret/);
});

test('a file that does not say what it is of is refused', (t) => {
  t.throws(() => readProvenance({ format: 'pt' }, 'x.safetensors'), { code: 'BAD_STATE', message: /"x.safetensors" does not say which model/ });
  t.throws(() => readProvenance({ stageRecipe: '{' }, 'x.safetensors'), { code: 'BAD_STATE', message: /not JSON/ });
  for (const stageRecipe of ['null', '[]', '{"data":null}']) t.throws(() => readProvenance({ stageRecipe }, 'x.safetensors'), { code: 'BAD_STATE', message: /not the recipe of a stage/ });
});
