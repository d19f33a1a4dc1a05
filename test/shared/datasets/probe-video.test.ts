import test from 'ava';
import { readProbe } from '../../../shared/datasets/probe-video.js';

const stream = { codec_type: 'video', width: 320, height: 240 };

test('size is as shown: turned by the display matrix or the older tag, with square pixels', (t) => {
  const turned = { width: 240, height: 320, rotation: 90 };
  t.like(readProbe({ streams: [{ ...stream, side_data_list: [{}, { rotation: -90 }] }] }), turned);
  t.like(readProbe({ streams: [{ ...stream, tags: { rotate: '90' } }] }), turned);
  t.like(readProbe({ streams: [{ ...stream, side_data_list: [{ rotation: 90 }] }] }), { rotation: 270 });
  t.like(readProbe({ streams: [{ ...stream, side_data_list: [{ rotation: -180 }] }] }), { width: 320, rotation: 180 });
  t.like(readProbe({ streams: [{ ...stream, sample_aspect_ratio: '4:3' }] }), { width: 427, height: 240, rotation: 0 });
  t.like(readProbe({ streams: [{ ...stream, sample_aspect_ratio: '0:1' }] }), { width: 320 });
});

test('duration and rate come from the stream, else from the container, else are absent', (t) => {
  t.like(readProbe({ streams: [{ ...stream, duration: '2.5', avg_frame_rate: '30000/1001' }], format: { duration: '9' } }), { durationS: 2.5, fps: 30000 / 1001 });
  t.like(readProbe({ streams: [{ ...stream, duration: 'N/A', avg_frame_rate: '0/0', r_frame_rate: '25/1' }], format: { duration: '9' } }), { durationS: 9, fps: 25 });
  t.deepEqual(readProbe({ streams: [stream], format: {} }), { width: 320, height: 240, rotation: 0, hasSound: false });
});

test('a cover is no picture of the video, and sound is seen', (t) => {
  const cover = { ...stream, width: 9, disposition: { attached_pic: 1 } };
  t.like(readProbe({ streams: [{ codec_type: 'audio' }, cover, stream] }), { width: 320, hasSound: true });
  t.throws(() => readProbe({ streams: [cover] }), { code: 'DECODE_FAILED' });
});

test('what is not as usual in the frames is seen', (t) => {
  t.deepEqual(readProbe({ streams: [{ ...stream, field_order: 'tt' }] }).traits, ['interlaced']);
  t.deepEqual(readProbe({ streams: [{ ...stream, field_order: 'progressive', color_transfer: 'smpte2084' }] }).traits, ['hdr']);
  t.deepEqual(readProbe({ streams: [{ ...stream, pix_fmt: 'yuva420p' }] }).traits, ['alpha']);
  t.deepEqual(readProbe({ streams: [{ ...stream, pix_fmt: 'yuv420p', tags: { alpha_mode: '1' } }] }).traits, ['alpha']);
  t.is(readProbe({ streams: [{ ...stream, pix_fmt: 'yuv420p', color_transfer: 'bt709' }] }).traits, undefined);
});

test('a file without a video stream, or with one without a size, is refused', (t) => {
  t.throws(() => readProbe({ streams: [] }), { code: 'DECODE_FAILED', message: /no video stream/ });
  t.throws(() => readProbe({ streams: [{ codec_type: 'video', width: 0, height: 0 }] }), { code: 'DECODE_FAILED', message: /size/ });
});
