import test from 'ava';
import { createTransform, rootsOfUnity } from '../../../../worker/augment/ops/fourier.js';
import { naturalLog } from '../../../../worker/augment/ops/logarithm.js';
import { countColumns, createSpectrogram, listBands } from '../../../../worker/augment/ops/spectrogram.js';
import { freshRandom, largestError } from '../../../helpers/numerics.js';

const OPTIONS = { rateHz: 16_000, window: 512, hop: 160, bands: 40 };
const FLOOR = 5e-6;

const toneOf = (pitchHz: number, numSamples: number, level = 1): Float32Array =>
  Float32Array.from({ length: numSamples }, (_, i) => level * Math.SQRT2 * Math.sin((2 * Math.PI * pitchHz * i) / OPTIONS.rateHz));

function write(samples: Float32Array, gain = 1, options = OPTIONS): Float32Array {
  const out = new Float32Array(countColumns(samples.length, options) * options.bands);
  createSpectrogram(options).write(samples, gain, out);
  return out;
}

/** The definition, sum by sum, in float64 with the engine's own functions. */
function writeByHand(samples: Float32Array, { rateHz, window, hop, bands } = OPTIONS): number[] {
  const mel = (hz: number): number => 1127 * Math.log(1 + hz / 700);
  const spacing = (mel(rateHz / 2) - mel(30)) / (bands + 1);
  const columns = Array.from({ length: Math.floor((samples.length - window) / hop) + 1 }, (_, column) => {
    const cut = Array.from({ length: window }, (_, i) => samples[column * hop + i]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / window)));
    const power = Array.from({ length: window / 2 + 1 }, (_, k) => {
      const [re, im] = [Math.cos, Math.sin].map((wave) => cut.reduce((sum, value, i) => sum + value * wave((2 * Math.PI * k * i) / window), 0));
      return (re! ** 2 + im! ** 2) / (window / 2) ** 2;
    });
    return Array.from({ length: bands }, (_, band) => {
      const centre = mel(30) + (band + 1) * spacing;
      const sum = power.reduce((total, each, k) => total + each * Math.max(0, 1 - Math.abs(mel((k * rateHz) / window) - centre) / spacing), 0);
      return Math.log(1 + sum / FLOOR);
    });
  });
  return columns.flat();
}

test('roots of unity and logarithms are those of the engine', (t) => {
  for (const size of [4, 8, 512]) {
    const { cosines, sines } = rootsOfUnity(size);
    t.true(largestError(cosines, Float64Array.from(cosines, (_, k) => Math.cos((2 * Math.PI * k) / size))) < 1e-15);
    t.true(largestError(sines, Float64Array.from(sines, (_, k) => Math.sin((2 * Math.PI * k) / size))) < 1e-15);
  }
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const values = [1, 2, 0.5, Math.SQRT2, 1 + 1e-9, 1e300, 1e-300, ...Array.from({ length: 1000 }, () => random.uniform(0, 1) * 10 ** random.uniform(-12, 12))];
  t.true(largestError(values.map(naturalLog), values.map(Math.log)) < 2e-15);
});

test('the transform is the sum that defines it', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  for (const size of [4, 8, 64, 256]) {
    const [real, imaginary] = [0, 1].map(() => Float64Array.from({ length: size }, () => random.uniform(-1, 1))) as [Float64Array, Float64Array];
    const sums = Array.from({ length: size }, (_, k) => {
      let [re, im] = [0, 0];
      for (let n = 0; n < size; n++) {
        const [cos, sin] = [Math.cos((-2 * Math.PI * k * n) / size), Math.sin((-2 * Math.PI * k * n) / size)];
        re += real[n]! * cos - imaginary[n]! * sin;
        im += real[n]! * sin + imaginary[n]! * cos;
      }
      return [re, im] as const;
    });
    createTransform(size)(real, imaginary);
    t.true(largestError(real, sums.map(([re]) => re)) < 1e-12 * size);
    t.true(largestError(imaginary, sums.map(([, im]) => im)) < 1e-12 * size);
  }
});

test('the spectrogram is that of a plain float64 computation, for an odd and an even number of columns', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  for (const numColumns of [2, 3]) {
    const samples = Float32Array.from({ length: 512 + 160 * (numColumns - 1) + 7 }, () => random.uniform(-0.7, 0.7));
    t.is(countColumns(samples.length, OPTIONS), numColumns);
    t.true(largestError(write(samples), writeByHand(samples)) < 1e-6);
  }
});

test('a tone stands in the band of its pitch, a higher one above it', (t) => {
  const loudest = [100, 200, 440, 1000, 3000, 7000].map((pitchHz) => {
    const column = write(toneOf(pitchHz, 512));
    return column.indexOf(Math.max(...column));
  });
  loudest.slice(1).forEach((band, i) => t.true(band > loudest[i]!, loudest.join()));
  const centres = listBands(OPTIONS).map(({ first, weights }) => ((first + weights.indexOf(Math.max(...weights))) * 16_000) / 512);
  t.true(Math.abs(centres[loudest[3]!]! - 1000) < 100);
});

test('silence is zeros, a gain is that of the samples, and nothing exceeds what it says', (t) => {
  t.true(write(new Float32Array(1000)).every((value) => value === 0));
  const tone = toneOf(1000, 2000, 0.1);
  t.true(largestError(write(tone, 10), write(toneOf(1000, 2000))) < 1e-4);
  t.true(Math.max(...write(tone, 10)) < 12.5);
  t.is(countColumns(511, OPTIONS), 0);
});

test('bands that a short window cannot tell apart have no weights', (t) => {
  t.true(listBands(OPTIONS).every(({ weights }) => weights.length > 0));
  t.true(listBands({ ...OPTIONS, window: 128 }).some(({ weights }) => weights.length === 0));
});
