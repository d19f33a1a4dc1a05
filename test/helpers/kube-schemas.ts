// Holds objects of Kubernetes against test/k8s/schemas.json: what a server would refuse, without one.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { KubeObject } from '../../scripts/kubernetes/kustomize.js';
import { MANIFESTS } from '../../scripts/kubernetes/render.js';
import type { KindSchemas } from '../../scripts/tools/k8s-schemas.js';

const { kinds, $defs } = JSON.parse(readFileSync(join(MANIFESTS, '../test/k8s/schemas.json'), 'utf8')) as KindSchemas;
const made = new Map<string, z.ZodType>();

function schemaOf(name: string): z.ZodType {
  const schema = made.get(name) ?? z.fromJSONSchema({ $defs, $ref: `#/$defs/${name}` } as Parameters<typeof z.fromJSONSchema>[0]);
  made.set(name, schema);
  return schema;
}

/** A line for each fault, with where it is. An object of a kind that is not known is one. */
export function findFaults(object: KubeObject): string[] {
  const key = `${object.apiVersion} ${object.kind}`;
  const name = kinds[key];
  if (name === undefined) return [`${key}: no such kind`];
  const { error } = schemaOf(name).safeParse(object);
  return (error?.issues ?? []).map(({ path, message }) => `${key} ${object.metadata.name}: ${[...path, message].join('.')}`);
}
