import { readFileSync } from 'node:fs';
import test from 'ava';
import { keyPaths, nodeAt, toSchemaNode } from '../../shared/recipe/allowed.js';
import { recipeSchema } from '../../shared/recipe/schema.js';
import { formatRecipeDocs } from '../../scripts/recipe-docs.js';

test('docs/recipe.md is what the schema says; if not, run npm run docs:recipe', (t) => {
  t.is(readFileSync('docs/recipe.md', 'utf8'), formatRecipeDocs());
});

test('every key of a recipe says what it means', (t) => {
  const root = toSchemaNode(recipeSchema);
  for (const path of keyPaths(root)) t.truthy(nodeAt(root, path.split('.'))?.description, path);
});
