import { readFileSync } from 'node:fs';
import test from 'ava';
import { keyPaths, nodeAt, toSchemaNode } from '../../../shared/recipe/allowed.js';
import { recipeSchema } from '../../../shared/recipe/schema.js';
import type { OptionRegistry } from '../../../shared/recipe/complete.js';
import { registries } from '../../../worker/registries.js';
import { formatRecipeDocs } from '../../../scripts/tools/recipe-docs.js';

test('docs/recipe.md is what the schema says; if not, run npm run docs:recipe', (t) => {
  t.is(readFileSync('docs/recipe.md', 'utf8'), formatRecipeDocs());
});

test('every option of a task, model, optimizer or schedule says what it means', (t) => {
  for (const [kind, registry] of Object.entries<OptionRegistry>(registries)) {
    for (const [name, { options }] of Object.entries(registry)) {
      const root = toSchemaNode(options);
      for (const path of keyPaths(root)) t.truthy(nodeAt(root, path.split('.'))?.description, `${kind} ${name}: ${path}`);
    }
  }
});

test('every key of a recipe says what it means', (t) => {
  const root = toSchemaNode(recipeSchema);
  for (const path of keyPaths(root)) t.truthy(nodeAt(root, path.split('.'))?.description, path);
});
