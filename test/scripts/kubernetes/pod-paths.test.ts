import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { printManifests } from '../../../scripts/actions/k8s-render.js';
import { findForeignPath } from '../../../scripts/kubernetes/pod-paths.js';
import type { Recipe } from '../../../shared/recipe/schema.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const stage = (data: { root: string; list?: string }, from?: string): Pick<Recipe, 'data' | 'init'> =>
  ({ data, ...(from !== undefined && { init: { from } }) }) as Pick<Recipe, 'data' | 'init'>;

test('paths on the volumes of a pod are taken', (t) => {
  t.is(findForeignPath([stage({ root: '/data' }, 'seed'), stage({ root: '/data/more', list: '/data/list.txt' }, 'stage'), stage({ root: '/data/' }, '/runs/run-0/final')]), undefined);
});

test('a path of another machine is named by its key', (t) => {
  t.deepEqual(findForeignPath([stage({ root: '/data', list: '/home/me/list.txt' })]), { stage: 0, key: 'data.list', path: '/home/me/list.txt' });
  t.deepEqual(findForeignPath([stage({ root: '/data' }), stage({ root: '/database' })]), { stage: 1, key: 'data.root', path: '/database' });
  for (const path of ['w.safetensors', 'data/w.safetensors', '/data/../w.safetensors']) t.deepEqual(findForeignPath([stage({ root: '/data' }, path)]), { stage: 0, key: 'init.from', path });
});

test('manifests with what pods or the API server cannot use are refused', async (t) => {
  const recipe = join(await makeTempFolder(t), 'recipe.yaml');
  writeFileSync(recipe, 'task: {name: rotation}\ndata: {root: /home/me/photos, list: /home/me/list.txt}\n');
  const flags = { data: 'photos', workers: 1, secret: false };
  t.throws(() => printManifests(recipe, flags), { code: 'BAD_ARGUMENT', message: /recipe\.yaml:2: data\.list: .*"\/home\/me\/list\.txt"/ });
  for (const namespace of ['Bad_NS', 'a.b', '-a']) t.throws(() => printManifests(undefined, { ...flags, namespace }), { code: 'BAD_ARGUMENT', message: /^--namespace/ });
  for (const registry of ['x/', '/x', 'x//y', 'host/Upper']) t.throws(() => printManifests(undefined, { ...flags, registry }), { code: 'BAD_ARGUMENT', message: /^--registry/ });
});
