import test from 'ava';
import { isList, listClasses } from '../../../shared/datasets/label-lists.js';

test('a label lists classes with semicolons between them; one alone lists none', (t) => {
  t.deepEqual(['cat', 'dog;cat', ';', 'fox; dog', 'cat;cat;'].map((label) => [isList(label), listClasses(label)]), [
    [false, ['cat']], [true, ['dog', 'cat']], [true, []], [true, ['fox', 'dog']], [true, ['cat']],
  ]);
});
