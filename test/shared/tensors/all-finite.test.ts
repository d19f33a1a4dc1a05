import test from 'ava';
import { isAllFinite } from '../../../shared/tensors/all-finite.js';

const LARGEST = 3.4028234663852886e38;

for (const length of [1, 3, 4, 5, 8, 11]) {
  test(`one number of ${length} that is not finite is found at every place`, (t) => {
    for (let place = 0; place < length; place++) {
      for (const bad of [NaN, Infinity, -Infinity]) {
        const values = new Float32Array(length).fill(LARGEST);
        t.true(isAllFinite(values));
        values[place] = bad;
        t.false(isAllFinite(values), `${bad} at ${place}`);
      }
    }
  });
}

test('infinities of both signs do not cancel out, and no numbers are finite', (t) => {
  t.false(isAllFinite(Float32Array.of(Infinity, -Infinity, 0, 0)));
  t.true(isAllFinite(new Float32Array(0)));
});
