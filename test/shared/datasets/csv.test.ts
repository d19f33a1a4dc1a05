import test from 'ava';
import { parseCsv } from '../../../shared/datasets/csv.js';

const fieldsOf = (text: string): (readonly string[])[] => parseCsv(text, 'x.csv').map(({ fields }) => fields);

test('fields are separated by commas and rows by line ends of any kind', (t) => {
  t.deepEqual(fieldsOf('a,b\r\nc,\n,d'), [['a', 'b'], ['c', ''], ['', 'd']]);
  t.deepEqual(fieldsOf('a,b\rc,d\r\re,f\r'), [['a', 'b'], ['c', 'd'], ['e', 'f']]);
});

test('a quoted field may hold commas, line ends and doubled quotes', (t) => {
  t.deepEqual(fieldsOf('"a,1","two\nlines","say ""so"""\nx'), [['a,1', 'two\nlines', 'say "so"'], ['x']]);
});

test('a quote within a field is a character', (t) => {
  t.deepEqual(fieldsOf('5" disk,a "b" c\n""'), [['5" disk', 'a "b" c']]);
});

test('a byte order mark and empty lines are left out, and rows know their line', (t) => {
  t.deepEqual(parseCsv('\ufeffpath\n\n"a\nb"\nc\n', 'x.csv'), [
    { line: 1, fields: ['path'] },
    { line: 3, fields: ['a\nb'] },
    { line: 5, fields: ['c'] },
  ]);
});

test('a quote that is never closed is an error with its line, and so is one that is closed too early', (t) => {
  t.throws(() => parseCsv('path,label\na,dog\nb,"cat\nc,dog\n', 'x.csv'), { code: 'BAD_ARGUMENT', message: /^x\.csv line 3: the quote that begins there is never closed/ });
  t.throws(() => parseCsv('a,"dog\nb,"cat"\n', 'x.csv'), { code: 'BAD_ARGUMENT', message: /^x\.csv line 2: text follows a closing quote/ });
  t.deepEqual(fieldsOf('"a" ,b'), [['a', 'b']]);
});

test('an empty text has no rows', (t) => {
  t.deepEqual(fieldsOf(''), []);
});
