// Builds the objects of a kustomization, as far as the folder k8s/ uses that format: resources, components, JSON patches, ConfigMaps of files,
// images and a namespace. For those who have no kubectl; a test compares it with `kubectl kustomize`.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { applyPatch, type PatchStep } from './json-patch.js';

/** An object of Kubernetes: whatever its kind has beside these. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly [key: string]: unknown;
}

export interface Target {
  readonly kind: string;
  readonly name?: string;
}

interface Image {
  readonly name: string;
  readonly newName?: string;
  readonly newTag?: string;
}

export interface Kustomization {
  readonly namespace?: string;
  /** Files, or folders that are kustomizations. */
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly patches?: readonly { readonly target: Target; readonly patch: string }[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly generatorOptions?: { readonly disableNameSuffixHash: true };
  readonly images?: readonly Image[];
}

/** Kubernetes reads YAML 1.1, where 0440 is octal and a bare `on` is true. */
export const YAML = { version: '1.1' } as const;

const KEYS = new Set(['apiVersion', 'kind', 'namespace', 'resources', 'components', 'patches', 'configMapGenerator', 'generatorOptions', 'images']);

/** Kinds that lie in no namespace. */
const OF_CLUSTER = new Set(['Namespace', 'PersistentVolume', 'ClusterTrainingRuntime']);

/** The objects of the kustomization in a folder. Throws BAD_ARGUMENT where it uses what is not understood here. */
export function buildFolder(folder: string): KubeObject[] {
  return buildOn([], readKustomization(folder), folder);
}

function readKustomization(folder: string): Kustomization {
  const path = join(folder, 'kustomization.yaml');
  const read = parse(readFileSync(path, 'utf8'), YAML) as Kustomization;
  const unknown = Object.keys(read).filter((key) => !KEYS.has(key));
  if (unknown.length > 0) throw new PretextError('BAD_ARGUMENT', `"${path}" uses ${unknown.join(', ')}, which only kustomize itself understands.`);
  return read;
}

/** The objects that a kustomization whose paths begin in `folder` makes of those that are there; a component is a kustomization that changes what is there. */
export function buildOn(before: readonly KubeObject[], made: Kustomization, folder: string): KubeObject[] {
  let objects = [...before, ...(made.resources ?? []).flatMap((path) => readResource(join(folder, path)))];
  for (const { name, files } of made.configMapGenerator ?? []) objects.push(createConfigMap(name, Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]))));
  for (const path of made.components ?? []) objects = buildOn(objects, readKustomization(join(folder, path)), join(folder, path));
  for (const { target, patch } of made.patches ?? []) objects = patchObjects(objects, target, parse(patch, YAML) as PatchStep[]);
  objects = objects.map((object) => setImages(object, made.images ?? []));
  return made.namespace === undefined ? objects : objects.map((object) => setNamespace(object, made.namespace!));
}

function readResource(path: string): KubeObject[] {
  if (statSync(path).isDirectory()) return buildFolder(path);
  return parseAllDocuments(readFileSync(path, 'utf8'), YAML).map((document) => document.toJS() as KubeObject);
}

export function createConfigMap(name: string, data: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

export const isTarget = ({ kind, name }: Target, object: KubeObject): boolean => object.kind === kind && (name === undefined || object.metadata.name === name);

/** Throws BAD_ARGUMENT when there is no such object. */
export function patchObjects(objects: readonly KubeObject[], target: Target, steps: readonly PatchStep[]): KubeObject[] {
  if (!objects.some((object) => isTarget(target, object))) throw new PretextError('BAD_ARGUMENT', `there is no ${target.kind} ${target.name ?? ''} to patch.`);
  return objects.map((object) => (isTarget(target, object) ? applyPatch(object, steps) : object));
}

function setNamespace(object: KubeObject, namespace: string): KubeObject {
  if (object.kind === 'Namespace') return { ...object, metadata: { ...object.metadata, name: namespace } };
  return OF_CLUSTER.has(object.kind) ? object : { ...object, metadata: { ...object.metadata, namespace } };
}

/** Changes the images of all containers, wherever in the object they are. */
function setImages(object: KubeObject, images: readonly Image[]): KubeObject {
  if (images.length === 0) return object;
  return JSON.parse(JSON.stringify(object), (key, value: unknown) => (key === 'image' && typeof value === 'string' ? nameImage(value, images) : value)) as KubeObject;
}

function nameImage(image: string, images: readonly Image[]): string {
  const match = /^(.*?)(?::([^:/]+))?$/.exec(image)!;
  const found = images.find(({ name }) => name === match[1]);
  const tag = found?.newTag ?? match[2];
  return found ? `${found.newName ?? found.name}${tag === undefined ? '' : `:${tag}`}` : image;
}
