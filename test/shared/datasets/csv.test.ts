import test from 'ava';
import { parseCsv } from '../../../shared/datasets/csv.js';

const fieldsOf = (text: string): (readonly string[])[] => parseCsv(text).map(({ fields }) => fields);

test('fields are separated by commas and rows by line ends of either kind', (t) => {
  t.deepEqual(fieldsOf('a,b\r\nc,\n,d'), [['a', 'b'], ['c', ''], ['', 'd']]);
});

test('a quoted field may hold commas, line ends and doubled quotes', (t) => {
  t.deepEqual(fieldsOf('"a,1","two\nlines","say ""so"""\nx'), [['a,1', 'two\nlines', 'say "so"'], ['x']]);
});

test('a byte order mark and empty lines are left out, and rows know their line', (t) => {
  t.deepEqual(parseCsv('\ufeffpath\n\n"a\nb"\nc\n'), [
    { line: 1, fields: ['path'] },
    { line: 3, fields: ['a\nb'] },
    { line: 5, fields: ['c'] },
  ]);
});

test('an empty text has no rows', (t) => {
  t.deepEqual(parseCsv(''), []);
});
