// What sound-clusters draws: sounds in few numbers, labels of them, and that loudness tells nothing.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { describeSound, findNearest } from '../../../worker/augment/sound-statistics.js';
import { backends } from '../../../worker/backends/index.js';
import type { Media } from '../../../worker/decode/media.js';
import { soundClusters as objective } from '../../../worker/tasks/sound-clusters/objective.js';
import { soundClusters } from '../../../worker/tasks/sound-clusters/puzzle.js';
import { createClip } from '../../helpers/clips.js';
import { streamOf } from '../../helpers/frame-order.js';
import { largestError } from '../../helpers/numerics.js';
import { bindTask, drawOne, sizesOf } from '../../helpers/puzzles.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const SIDE = 16;
const FPS = 8;
const RATE_HZ = 16_000;
const PLAIN = { colourJitter: 0, flip: false, minArea: 1 };
const frames = createClip({ numFrames: 3 * FPS, height: 20, width: 24 }, (frame, y, x, c) => (c === 0 ? 4 * frame : x + y));

const record = (soundAt: (time: number) => number): Media =>
  ({ frames, item: 0, fps: FPS, sound: { samples: Float32Array.from({ length: 3 * RATE_HZ }, (_, i) => soundAt(i / RATE_HZ)), rateHz: RATE_HZ } });
const tone = (pitchHz: number, level = 0.3): Media => record((time) => level * Math.sin(2 * Math.PI * pitchHz * time));

/** The cluster of a second of it; undefined where there is no puzzle. */
function clusterOf(media: Media, given: object = {}, sample = 1): number | undefined {
  const { out, isDrawn } = drawOne(bindTask(soundClusters, { ...PLAIN, ...given }, SIDE), media, streamOf(sample));
  return isDrawn ? out['cluster']![0] : undefined;
}

test('a sound is described by the mean of each band beside the others, and by how much it changes', (t) => {
  // Two bands at three moments: 1, 1, 1 and 2, 4, 6.
  const described = describeSound([1, 2, 1, 4, 1, 6], 2);
  t.true(largestError([...described], [-1.5, 1.5, 0, Math.sqrt(8 / 3)]) < 1e-12);
  t.is(findNearest([0, 1], [[5, 5], [0, 2], [0, 0]]), 1);
});

test('without centres the label is the range of pitch that is loudest', (t) => {
  const clusters = [150, 400, 900, 2000, 6000].map((pitchHz) => clusterOf(tone(pitchHz), { clusters: 5 })!);
  t.deepEqual([...clusters].sort((a, b) => a - b), clusters);
  t.true(new Set(clusters).size >= 4, String(clusters));
  t.true(clusters.every((cluster) => cluster >= 0 && cluster < 5));
});

/** Centres at the means of tones: flat bands but for the one that the tone is in. */
const centreOf = (band: number): number[] => Array.from({ length: 40 }, (_, i) => (i === band ? 8 : 0));

test('with centres the label is the nearest one', (t) => {
  const bandOf = (pitchHz: number): number => clusterOf(tone(pitchHz), { clusters: 20 })!;
  const [low, high] = [bandOf(300), bandOf(3000)];
  t.true(low < high);
  const given = { centres: [high, low].map(centreOf) };
  t.deepEqual([300, 3000].map((pitchHz) => clusterOf(tone(pitchHz), given)), [1, 0]);
});

test('how loud a video is changes its label without the guard, and not with it', (t) => {
  // Steady noise below a tone: turned up, more of it is above what counts as silence.
  const noisy = (level: number): Media => record((time) => level * (Math.sin(2 * Math.PI * 500 * time) + 0.02 * Math.sin(2 * Math.PI * 3000 * time)));
  const levels = [0.01, 0.03, 0.1, 0.3, 0.9];
  // Each centre is a sound that is louder in the high band by one more.
  const high = clusterOf(tone(3000), { clusters: 20 })!;
  const centres = [0, 1, 2, 3, 4, 5, 6].map((value) => Array.from({ length: 40 }, (_, i) => (i === high ? value : 0)));
  const labelsOf = (loudness: boolean): Set<number | undefined> => new Set(levels.map((level) => clusterOf(noisy(level), { centres, guards: { loudness } })));
  t.is(labelsOf(true).size, 1);
  t.true(labelsOf(false).size > 1, [...labelsOf(false)].join());
});

test('silent and mute videos make no puzzle, and the picture is from the middle of the second', (t) => {
  t.is(clusterOf(record(() => 0)), undefined);
  t.is(clusterOf({ frames, item: 0, fps: FPS }), undefined);
  const firsts = Array.from({ length: 30 }, (_, sample) => drawOne(bindTask(soundClusters, PLAIN, SIDE), tone(440), streamOf(sample)).out['picture']![0]! / 4);
  t.true(firsts.every((frame) => frame >= 4 && frame < 20), String(firsts));
  t.true(new Set(firsts).size > 5);
});

test('centres, shares and ranges that do not fit are refused with the reason', (t) => {
  const refuse = (given: object, message: RegExp): void => void t.throws(() => bindTask(soundClusters, given, SIDE), { code: 'BAD_RECIPE', message });
  refuse({ centres: [centreOf(1)] }, /two centres or more, each of 40 numbers/);
  refuse({ centres: [centreOf(1), [1, 2]] }, /each of 40 numbers, for there are 20 bands/);
  refuse({ clusters: 30 }, /30 ranges of pitch are more than 20 bands/);
  refuse({ shares: [0.5, 0.5] }, /2 numbers for 8 clusters/);
});

test('by their shares all clusters weigh alike, in the loss and in the accuracy; a constant guess then scores chance', (t) => {
  const options = soundClusters.options.parse({ centres: [centreOf(1), centreOf(2), centreOf(3)], shares: [0.5, 0.3, 0.2] });
  t.is(bindTask(soundClusters, options, SIDE).metrics['balancedAccuracy']!.chance, 1 / 3);
  const labels = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2];
  const batch = {
    numSamples: 10, arrays: { cluster: Int32Array.from(labels) }, weights: new Float32Array(10).fill(1), tensors: { cluster: tf.tensor2d(labels, [10, 1], 'int32') },
  };
  tf.tidy(() => {
    for (const guess of [0, 1, 2]) {
      const logits = tf.tensor2d(labels.map(() => [0, 1, 2].map((label) => (label === guess ? 3 : 0))));
      const { terms, metrics } = objective(options, sizesOf(SIDE)).losses({ cluster: logits }, batch, undefined as never);
      const { perSample, weight } = metrics['balancedAccuracy']!;
      const weights = weight!.dataSync<'float32'>();
      const total = weights.reduce((sum, each) => sum + each, 0);
      t.true(Math.abs(total - 10) < 1e-5);
      t.true(Math.abs(perSample.dataSync<'float32'>().reduce((sum, right, i) => sum + right * weights[i]!, 0) / total - 1 / 3) < 1e-6);
      const expected = labels.map((label) => Math.log(Math.exp(3) + 2) - (label === guess ? 3 : 0));
      t.true(largestError(terms['crossEntropy']!.perSample.dataSync<'float32'>(), expected) < 1e-5);
    }
  });
  batch.tensors.cluster.dispose();
});
