// The manifests against what Kubernetes publishes of its kinds, without a cluster or a network.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parseAllDocuments } from 'yaml';
import { applyPatch } from '../../scripts/kubernetes/json-patch.js';
import { YAML, type KubeObject } from '../../scripts/kubernetes/kustomize.js';
import { MANIFESTS, render } from '../../scripts/kubernetes/render.js';
import { createSchemas } from '../../scripts/tools/k8s-schemas.js';
import { findFaults } from '../helpers/kube-schemas.js';
import { buildOverlay, OVERLAYS } from '../helpers/manifests.js';

for (const name of OVERLAYS) {
  test(`overlay ${name} has what its kinds may have`, (t) => {
    t.deepEqual(buildOverlay(name).flatMap(findFaults), []);
  });
}

test('what is rendered has what its kinds may have', (t) => {
  const some = { flags: ['--steps=3'], workers: 3, hasSecret: true };
  const nvidia = render({ ...some, data: { claim: 'photos' }, components: ['nvidia', 'nvidia-node', 'spot', 'kueue', 'tls', 'mirror', 'shared-data'], queue: 'research' });
  const folder = render({ ...some, data: { folder: '/srv/photos' }, components: ['nvidia', 'webgpu'], namespace: 'other', registry: 'registry.example/pretext' });
  t.deepEqual([...nvidia, ...folder].flatMap(findFaults), []);
});

test('the example of a claim and its pod has what these kinds may have', (t) => {
  const documents = parseAllDocuments(readFileSync(join(MANIFESTS, 'examples/claim.yaml'), 'utf8'), YAML);
  t.deepEqual(documents.flatMap((document) => findFaults(document.toJS() as KubeObject)), []);
});

const find = (overlay: string, kind: string): KubeObject => buildOverlay(overlay).find((object) => object.kind === kind)!;
const container = '/spec/template/spec/containers/0';

const breakages: readonly (readonly [what: string, object: KubeObject, path: string, value: unknown, fault: RegExp])[] = [
  ['a field that there is not', find('cpu', 'Job'), '/spec/completion', 2, /^batch\/v1 Job pretext-worker: spec\..*"completion"/],
  ['a field of a container that there is not', find('cpu', 'StatefulSet'), `${container}/readinessProbes`, {}, /spec\.template\.spec\.containers\.0\..*"readinessProbes"/],
  ['a text for a number', find('cpu', 'Job'), '/spec/completions', '2', /spec\.completions\..*expected number/],
  ['a number for a text', find('cpu', 'StatefulSet'), `${container}/env/0/value`, 1, /containers\.0\.env\.0\.value\..*expected string/],
  ['a quantity of another type', find('cpu', 'Job'), `${container}/resources/limits/memory`, true, /resources\.limits\.memory/],
  ['a word that is not one of the few', find('cpu', 'Job'), '/spec/template/spec/restartPolicy', 'Sometimes', /spec\.template\.spec\.restartPolicy\./],
  ['an action that Jobs do not know', find('cpu', 'Job'), '/spec/podFailurePolicy/rules/0/action', 'Forgive', /podFailurePolicy\.rules\.0\.action\./],
  ['a list for an object', find('cpu', 'NetworkPolicy'), '/spec/podSelector', [], /spec\.podSelector\..*expected object/],
  ['a kind that there is not', find('cpu', 'Job'), '/kind', 'Jobs', /^batch\/v1 Jobs: no such kind/],
  ['a version that has no such kind', find('kueue', 'LocalQueue'), '/apiVersion', 'kueue.x-k8s.io/v9', /no such kind/],
  ['a field that a queue of Kueue has not', find('kueue', 'LocalQueue'), '/spec/clusterQueues', 'all', /LocalQueue pretext: spec\..*"clusterQueues"/],
  ['an algorithm that cert-manager has not', find('tls', 'Certificate'), '/spec/privateKey/algorithm', 'ROT13', /spec\.privateKey\.algorithm\./],
  ['a field that a Job of a TrainJob has not', find('trainjob', 'ClusterTrainingRuntime'), '/spec/template/spec/replicatedJobs/1/template/spec/completion', 2, /replicatedJobs\.1\.template\.spec\..*"completion"/],
];

for (const [what, object, path, value, fault] of breakages) {
  test(`${what} is refused with its place`, (t) => {
    const faults = findFaults(applyPatch(object, [{ op: 'add', path, value }]));
    t.is(faults.length, 1, faults.join('\n'));
    t.regex(faults[0]!, fault);
  });
}

test('a field that must be there is missed', (t) => {
  t.regex(findFaults({ ...find('cpu', 'StatefulSet'), spec: { replicas: 1 } })[0]!, /spec\.selector\./);
});

test('of what a server publishes the kinds that are wanted are kept, with what they refer to', (t) => {
  const schemas = {
    'api.v1.Thing': {
      type: 'object', description: 'A thing.', required: ['spec'], 'x-kubernetes-group-version-kind': [{ group: 'example', version: 'v1', kind: 'Thing' }],
      properties: { spec: { allOf: [{ $ref: '#/components/schemas/api.v1.Spec' }], default: {} }, status: { type: 'object' }, size: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] } },
    },
    'api.v1.Spec': { type: 'object', properties: { labels: { type: 'object', additionalProperties: { type: 'string' } }, sort: { type: 'string', enum: ['A', 'B'], description: 'Which.' } } },
    'api.v1.Other': { type: 'object', 'x-kubernetes-group-version-kind': [{ group: 'example', version: 'v1', kind: 'Other' }] },
  };
  t.deepEqual(createSchemas({ 'apis/example/v1': { components: { schemas } } }, { 'apis/example/v1': ['Thing'] }), {
    kinds: { 'example/v1 Thing': 'v1.Thing' },
    $defs: {
      'v1.Thing': { type: 'object', required: ['spec'], properties: { spec: { $ref: '#/$defs/v1.Spec' }, size: { anyOf: [{ type: 'integer' }, { type: 'string' }] } }, additionalProperties: false },
      'v1.Spec': { type: 'object', properties: { labels: { type: 'object', additionalProperties: { type: 'string' } }, sort: { type: 'string', enum: ['A', 'B'] } }, additionalProperties: false },
    },
  });
});
