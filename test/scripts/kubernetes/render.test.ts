import test from 'ava';
import { parseAllDocuments } from 'yaml';
import { applyPatch } from '../../../scripts/kubernetes/json-patch.js';
import type { KubeObject } from '../../../scripts/kubernetes/kustomize.js';
import { formatManifests, render, type RenderOptions } from '../../../scripts/kubernetes/render.js';
import { findContainer, listWorkloads } from '../../helpers/manifests.js';

const PLAIN: RenderOptions = { flags: [], data: { claim: 'photos' }, workers: 3, components: [], hasSecret: true };

test('a patch adds and replaces', (t) => {
  const before = { a: { 'b/c': [1, 2] }, d: 1 };
  const after = applyPatch(before, [
    { op: 'add', path: '/a/b~1c/-', value: 3 }, { op: 'add', path: '/a/b~1c/0', value: 0 }, { op: 'replace', path: '/a/b~1c/1', value: 9 },
    { op: 'replace', path: '/d', value: 2 }, { op: 'add', path: '/e', value: { f: 1 } },
  ]);
  t.deepEqual(after as unknown, { a: { 'b/c': [0, 9, 2, 3] }, d: 2, e: { f: 1 } });
  t.deepEqual(before, { a: { 'b/c': [1, 2] }, d: 1 });
});

test('a patch that leads nowhere is refused', (t) => {
  for (const path of ['/x/y', '/a/-', '/a/2', '/b']) {
    t.throws(() => applyPatch({ a: [1] }, [{ op: 'replace', path, value: 1 }]), { code: 'BAD_ARGUMENT' }, path);
  }
  t.throws(() => applyPatch({ a: [1] }, [{ op: 'add', path: '/a/b', value: 1 }]), { code: 'BAD_ARGUMENT' });
});

test('manifests hold what was asked for', (t) => {
  const objects = render({ ...PLAIN, recipe: 'data: {root: x}\n', flags: ['--data=/data', '--task=rotation'], components: ['nvidia', 'spot', 'kueue'], queue: 'research', namespace: 'lab', registry: 'registry.example/p', tag: '2' });
  const find = (kind: string): KubeObject => objects.find((object) => object.kind === kind)!;
  const job = listWorkloads(objects).find(({ kind }) => kind === 'Job')!;
  t.is(job.spec.completions, 3);
  t.is(job.spec.parallelism, 3);
  t.is(job.metadata.labels!['kueue.x-k8s.io/queue-name'], 'research');
  t.is(objects.find(({ kind }) => kind === 'LocalQueue'), undefined, 'the queue that was named is there');
  t.is(findContainer(objects, 'worker').image, 'registry.example/p/worker-cuda:2');
  t.is(findContainer(objects, 'worker').resources.limits['nvidia.com/gpu'], '1');
  t.deepEqual(findContainer(objects, 'coordinator').args.slice(-2), ['--data=/data', '--task=rotation']);
  t.is((find('ConfigMap')['data'] as Record<string, string>)['recipe.yaml'], 'data: {root: x}\n');
  t.is(find('Namespace').metadata.name, 'lab');
  t.true(objects.every(({ kind, metadata }) => kind === 'Namespace' || metadata.namespace === 'lab'));
  t.true(JSON.stringify(find('StatefulSet')).includes('"claimName":"photos"'));
});

test('a folder of the node becomes a volume that pods may mount', (t) => {
  const objects = render({ ...PLAIN, data: { folder: '/srv/photos' }, components: ['shared-data'] });
  t.deepEqual(objects.find(({ kind }) => kind === 'PersistentVolume')!['spec']!['hostPath' as never], { path: '/srv/photos', type: 'Directory' });
  t.true(findContainer(objects, 'worker').args.includes('--data=/data'));
});

test('a second copy of the run goes to a claim of its own, that is mounted where the coordinator writes it', (t) => {
  const objects = render({ ...PLAIN, components: ['mirror'] });
  const coordinator = listWorkloads(objects).find(({ kind }) => kind === 'StatefulSet')!;
  const [{ args, volumeMounts }] = coordinator.spec.template.spec.containers;
  t.true(args.includes('--mirror=/mirror/$(RUN)'));
  t.deepEqual(volumeMounts.filter(({ mountPath }) => mountPath === '/mirror'), [{ name: 'mirror', mountPath: '/mirror' }]);
  t.deepEqual(coordinator.spec.template.spec.volumes.find(({ name }) => name === 'mirror'), { name: 'mirror', persistentVolumeClaim: { claimName: 'pretext-mirror' } });
  t.true(objects.some(({ kind, metadata }) => kind === 'PersistentVolumeClaim' && metadata.name === 'pretext-mirror'));
});

test('each namespace has a volume of its own for a folder', (t) => {
  for (const [namespace, volume] of [[undefined, 'pretext-data-pretext'], ['lab', 'pretext-data-lab']] as const) {
    const objects = render({ ...PLAIN, data: { folder: '/srv/photos' }, ...(namespace !== undefined && { namespace }) });
    t.is(objects.find(({ kind }) => kind === 'PersistentVolume')!.metadata.name, volume);
    t.like(objects.find(({ kind }) => kind === 'PersistentVolumeClaim'), { metadata: { namespace: namespace ?? 'pretext' }, spec: { volumeName: volume } });
  }
});

test('tokens are new each time, and left out when asked', (t) => {
  const secretOf = (options: RenderOptions): KubeObject | undefined => render(options).find(({ kind }) => kind === 'Secret');
  const [first, second] = [secretOf(PLAIN)!['stringData'], secretOf(PLAIN)!['stringData']] as [Record<string, string>, Record<string, string>];
  t.deepEqual(Object.keys(first), ['worker', 'operator', 'viewer']);
  t.is(new Set([...Object.values(first), ...Object.values(second)]).size, 6);
  t.is(secretOf({ ...PLAIN, hasSecret: false }), undefined);
});

test('what is printed reads as what was made', (t) => {
  const objects = render({ ...PLAIN, hasSecret: false });
  t.deepEqual(parseAllDocuments(formatManifests(objects), { version: '1.1' }).map((document) => document.toJS() as KubeObject), objects);
});
