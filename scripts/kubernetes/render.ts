// The manifests of a run from the folder k8s/, with what a user chose laid over: a kustomization that is made instead of written.

import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { PatchStep } from './json-patch.js';
import { buildOn, isTarget, patchObjects, YAML, type KubeObject, type Kustomization } from './kustomize.js';

/** The folder of the manifests: they are not in the build. */
export const MANIFESTS = fileURLToPath(new URL('../../../k8s/', import.meta.url));

/** What `LOCAL` of the images' names is in the manifests. */
const LOCAL = 'localhost/pretext';
const NAMESPACE = 'pretext';
const IMAGES = ['coordinator', 'worker-cpu', 'worker-webgpu', 'worker-cuda'];

/** What the manifests can be asked for; each is a component of the folder k8s/components. */
export type ComponentName = 'nvidia' | 'nvidia-node' | 'webgpu' | 'spot' | 'kueue' | 'shared-data' | 'mirror' | 'tls';

export interface RenderOptions {
  /** Text of the recipe; without it that of the base. */
  readonly recipe?: string;
  /** Flags that the coordinator gets too: they change the recipe. */
  readonly flags: readonly string[];
  /** A claim, or a folder of the node. */
  readonly data: { readonly claim: string } | { readonly folder: string };
  readonly workers: number;
  readonly components: readonly ComponentName[];
  /** Of Kueue. */
  readonly queue?: string;
  /** Default: `pretext`. */
  readonly namespace?: string;
  /** Where the images lie, such as `registry.example/pretext`. */
  readonly registry?: string;
  readonly tag?: string;
  /** False where the Secret with the tokens is there already. */
  readonly hasSecret: boolean;
}

const COORDINATOR = { kind: 'StatefulSet', name: 'pretext-coordinator' };
const WORKER = { kind: 'Job', name: 'pretext-worker' };
const ARGUMENTS = '/spec/template/spec/containers/0/args/-';

/** Throws BAD_ARGUMENT where the folder k8s/ is not as expected. */
export function render(options: RenderOptions): KubeObject[] {
  const { data, components, registry = LOCAL, tag, namespace = NAMESPACE } = options;
  const made: Kustomization = {
    resources: ['base', ...('folder' in data ? ['overlays/local/data.yaml'] : [])],
    components: components.map((name) => `components/${name}`),
    images: IMAGES.map((name) => ({ name: `${LOCAL}/${name}`, newName: `${registry}/${name}`, ...(tag !== undefined && { newTag: tag }) })),
    namespace,
  };
  let objects = buildOn([], made, MANIFESTS);
  const patch = (target: { kind: string; name: string }, ...steps: PatchStep[]): void => { objects = patchObjects(objects, target, steps); };
  patch(COORDINATOR, ...options.flags.map((value) => ({ op: 'add' as const, path: ARGUMENTS, value })));
  patch(WORKER, { op: 'replace', path: '/spec/completions', value: options.workers }, { op: 'replace', path: '/spec/parallelism', value: options.workers });
  if (options.recipe !== undefined) patch({ kind: 'ConfigMap', name: 'pretext-recipe' }, { op: 'replace', path: '/data/recipe.yaml', value: options.recipe });
  if (options.queue !== undefined) {
    patch(WORKER, { op: 'replace', path: '/metadata/labels/kueue.x-k8s.io~1queue-name', value: options.queue });
    // The one that was named is there already.
    objects = objects.filter(({ kind }) => kind !== 'LocalQueue');
  }
  if ('folder' in data) {
    // Volumes belong to the cluster: two namespaces need two.
    const volume = `pretext-data-${namespace}`;
    patch({ kind: 'PersistentVolumeClaim', name: 'pretext-data' }, { op: 'replace', path: '/spec/volumeName', value: volume });
    patch({ kind: 'PersistentVolume', name: 'pretext-data' }, { op: 'replace', path: '/spec/hostPath/path', value: data.folder }, { op: 'replace', path: '/metadata/name', value: volume });
  } else objects = objects.map((object) => (isTarget(COORDINATOR, object) || isTarget(WORKER, object) ? withClaim(object, data.claim) : object));
  return options.hasSecret ? [...objects, drawSecret(objects, namespace)] : objects;
}

function withClaim(object: KubeObject, claim: string): KubeObject {
  return JSON.parse(JSON.stringify(object), (key, value: unknown) => (key === 'claimName' && value === 'pretext-data' ? claim : value)) as KubeObject;
}

/** Tokens that nobody has seen before. */
function drawSecret(objects: readonly KubeObject[], namespace: string): KubeObject {
  const { labels = {} } = objects.find((object) => isTarget(COORDINATOR, object))!.metadata;
  const draw = (): string => randomBytes(32).toString('hex');
  const stringData = { worker: draw(), operator: draw(), viewer: draw() };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'pretext-tokens', namespace, labels: { 'app.kubernetes.io/name': labels['app.kubernetes.io/name']! } }, type: 'Opaque', stringData };
}

/** As `kubectl apply -f -` takes them. */
export function formatManifests(objects: readonly KubeObject[]): string {
  return objects.map((object) => stringify(object, { ...YAML, lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
}
