import { readFileSync } from 'node:fs';
import test from 'ava';
import { formatTaskDocs } from '../../../scripts/tools/task-docs.js';

test('docs/tasks.md is what the registry says; if not, run npm run docs:tasks', (t) => {
  t.is(readFileSync('docs/tasks.md', 'utf8'), formatTaskDocs());
});
