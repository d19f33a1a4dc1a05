// Writes test/k8s/schemas.json, by which the test of the manifests knows the kinds that k8s/ uses without a cluster: what an API server publishes of them,
// without descriptions and what is not needed. Run `node build/scripts/tools/k8s-schemas.js` where kubectl leads to a server that has the
// CustomResourceDefinitions of Kueue, cert-manager and Kubeflow Trainer.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** By the path of a group, the kinds of it that manifests may have. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  'api/v1': ['ConfigMap', 'Namespace', 'PersistentVolume', 'PersistentVolumeClaim', 'Pod', 'Secret', 'Service', 'ServiceAccount'],
  'apis/apps/v1': ['StatefulSet'],
  'apis/batch/v1': ['Job'],
  'apis/networking.k8s.io/v1': ['NetworkPolicy'],
  'apis/kueue.x-k8s.io/v1beta2': ['LocalQueue'],
  'apis/cert-manager.io/v1': ['Certificate', 'Issuer'],
  'apis/trainer.kubeflow.org/v1alpha1': ['ClusterTrainingRuntime'],
};

/** Definitions of Kubernetes that definitions of others have written out in the place of a name, and fields that tell them apart. */
const WRITTEN_OUT = [
  { name: 'io.k8s.api.batch.v1.JobSpec', fields: ['podFailurePolicy', 'template'] },
  { name: 'io.k8s.api.core.v1.PodSpec', fields: ['containers', 'dnsPolicy'] },
];
const METADATA = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** What a server fills in: no manifest should have it. Of kinds their status too. */
const NOT_OURS = new Set(['managedFields', 'ephemeralContainers']);

const KEPT = ['type', 'enum', 'pattern', 'required', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'] as const;

export interface Schema {
  readonly [key: string]: unknown;
  readonly $ref?: string;
  readonly type?: string;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
}

export interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface KindSchemas {
  /** By API version and kind, such as `batch/v1 Job`: the name of the definition. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly $defs: Readonly<Record<string, Schema>>;
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const shorten = (name: string): string => name.replace(/^.*\.(?=[^.]+\.[^.]+$)/, '');

/** The definitions of the kinds of `documents`, by the paths of their groups, and all that these refer to. Fields that a definition does not name are refused. */
export function createSchemas(documents: Readonly<Record<string, OpenApi>>, wanted: Readonly<Record<string, readonly string[]>> = KINDS): KindSchemas {
  const published = Object.assign({}, ...Object.values(documents).map(({ components }) => components.schemas)) as Record<string, Schema>;
  const $defs: Record<string, Schema> = {};
  const kinds: Record<string, string> = {};

  function refer(name: string): Schema {
    const short = shorten(name);
    if (!(short in $defs)) {
      $defs[short] = {};
      $defs[short] = convert(published[name]!, true);
    }
    return { $ref: `#/$defs/${short}` };
  }

  function convert(schema: Schema, isDefinition = false): Schema {
    const { properties, items, additionalProperties } = schema;
    const only = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]!.$ref : undefined);
    if (only !== undefined) return refer(only.replace('#/components/schemas/', ''));
    const known = isDefinition ? undefined : WRITTEN_OUT.find(({ fields }) => fields.every((field) => properties && field in properties));
    if (known) return refer(known.name);
    const choice = schema.oneOf ?? schema.anyOf;
    // Numbers or texts: quantities, ports.
    if (choice && !properties) return { anyOf: choice.map((each) => convert(each)) };
    const kept = Object.fromEntries(KEPT.flatMap((key) => (schema[key] === undefined ? [] : [[key, schema[key]]])));
    const isKind = 'x-kubernetes-group-version-kind' in schema;
    if (properties) return { ...kept, properties: convertFields(properties, isKind), ...(schema['x-kubernetes-preserve-unknown-fields'] !== true && { additionalProperties: false }) };
    return { ...kept, ...(items && { items: convert(items) }), ...(typeof additionalProperties === 'object' && { additionalProperties: convert(additionalProperties) }) };
  }

  function convertFields(properties: Readonly<Record<string, Schema>>, isKind: boolean): Record<string, Schema> {
    const ours = Object.entries(properties).filter(([name]) => !NOT_OURS.has(name) && !(isKind && name === 'status'));
    return Object.fromEntries(ours.map(([name, schema]) => [name, name === 'metadata' && schema.type === 'object' && !schema.properties ? refer(METADATA) : convert(schema)]));
  }

  for (const [path, names] of Object.entries(wanted)) {
    for (const [name, schema] of Object.entries(documents[path]!.components.schemas)) {
      const [is, ...others] = (schema['x-kubernetes-group-version-kind'] ?? []) as readonly GroupVersionKind[];
      if (!is || others.length > 0 || !names.includes(is.kind)) continue;
      kinds[`${is.group === '' ? '' : `${is.group}/`}${is.version} ${is.kind}`] = shorten(name);
      refer(name);
    }
  }
  return { kinds, $defs };
}

function fetchJson<T>(...args: readonly string[]): T {
  const { status, stdout, stderr } = spawnSync('kubectl', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { gitVersion } = fetchJson<{ gitVersion: string }>('get', '--raw', '/version');
  const documents = Object.fromEntries(Object.keys(KINDS).map((path) => [path, fetchJson<OpenApi>('get', '--raw', `/openapi/v3/${path}`)]));
  const source = `Made by scripts/tools/k8s-schemas.ts from Kubernetes ${gitVersion} and the definitions of Kueue, cert-manager and Kubeflow Trainer, all under the Apache License 2.0.`;
  writeFileSync('test/k8s/schemas.json', `${JSON.stringify({ source, ...createSchemas(documents) })}\n`);
}
