import test from 'ava';
import { countSegments, locateSegment } from '../../../worker/decode/segments.js';

const video = (durationS?: number): { kind: 'video'; durationS?: number } => ({ kind: 'video', ...(durationS && { durationS }) });

test('a video has whole segments, the last one with what is left over', (t) => {
  t.is(countSegments(video(10.9), 4), 2);
  t.deepEqual(locateSegment(video(10.5), 0, 4), { startS: 0, lengthS: 4 });
  t.deepEqual(locateSegment(video(10.5), 1, 4), { startS: 4, lengthS: 6.5 });
  t.is(countSegments(video(7.9999), 4), 2);
});

test('a short video is one segment as long as it is', (t) => {
  t.is(countSegments(video(1.5), 4), 1);
  t.deepEqual(locateSegment(video(1.5), 0, 4), { startS: 0, lengthS: 1.5 });
});

test('images and videos of unknown duration have one segment', (t) => {
  t.is(countSegments({ kind: 'image' }, 4), 1);
  t.is(countSegments(video(), 4), 1);
  t.deepEqual(locateSegment(video(), 0, 4), { startS: 0, lengthS: 4 });
});
