import test from 'ava';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { describeUnknown, hasName, lookUp } from '../../shared/registry.js';

const registry = { rotation: 1, 'frame-order': 2 };

test('a name gives its entry', (t) => {
  t.is(lookUp('task', registry, 'frame-order'), 2);
  t.true(hasName(registry, 'rotation'));
});

test('an unknown name lists the known ones and says which was meant', (t) => {
  const error = t.throws(() => lookUp('task', registry, 'frame_ordr'), { instanceOf: PretextError });
  t.is(error.code, 'BAD_ARGUMENT');
  t.is(error.message, 'task: expected one of rotation, frame-order, given "frame_ordr"; did you mean frame-order?');
  t.is(describeUnknown(['a', 'b'], 'something else'), 'expected one of a, b, given "something else"');
});

test('what every object inherits is no entry', (t) => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', '']) {
    t.false(hasName(registry, name));
    t.throws(() => lookUp('task', registry, name), { instanceOf: PretextError, message: /^task: expected one of rotation, frame-order/ }, name);
  }
});
