import test from 'ava';
import { listImagePackages } from '../../../scripts/tools/assemble-image.js';

const namesOf = (image: string): string[] => listImagePackages(image).map((path) => path.split('node_modules/').at(-1)!);

test("the coordinator's image holds what its processes import, and no tensor library", (t) => {
  const names = namesOf('coordinator');
  for (const name of ['commander', 'ws', 'pino', 'zod', 'sharp', 'thread-stream']) t.true(names.includes(name), name);
  t.false(names.some((name) => name.startsWith('@tensorflow') || name === 'webgpu' || name.includes('ffmpeg-installer')));
});

test("a worker's image adds the tensor library, and nothing that only develops Pretext", (t) => {
  const names = namesOf('worker-cpu');
  t.true(names.includes('@tensorflow/tfjs-core'));
  t.false(names.some((name) => ['typescript', 'ava', 'eslint', 'webgpu'].includes(name) || name.startsWith('@types/')));
});

test('an image that nobody builds is refused with those that there are', (t) => {
  t.throws(() => listImagePackages('worker'), { code: 'BAD_ARGUMENT', message: /coordinator, worker-cpu/ });
});
