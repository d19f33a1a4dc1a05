import test from 'ava';
import { fromLab, toLab } from '../../../../worker/augment/ops/lab.js';

test('the way back from Lab gives the colour that was left', (t) => {
  const lab = new Float64Array(3);
  for (let red = 0; red < 256; red += 15) {
    for (let green = 0; green < 256; green += 15) {
      for (let blue = 0; blue < 256; blue += 15) {
        toLab(red, green, blue, lab);
        const back = fromLab(lab[0]!, lab[1]!, lab[2]!);
        t.true(back.every((value, c) => Math.abs(value - [red, green, blue][c]!) <= 1), `${red} ${green} ${blue}: ${back.join(' ')}`);
      }
    }
  }
});

test('colours that no byte can show become near ones', (t) => {
  for (const [l, a, b] of [[50, 127, 127], [0, 100, -100], [100, -128, 127]] as const) t.true(fromLab(l, a, b).every((value) => Number.isInteger(value) && value >= 0 && value <= 255));
});
