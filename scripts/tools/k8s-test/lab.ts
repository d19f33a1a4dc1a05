// Prepares a lab cluster (the scripts `up`, `rootfs-node`, `image` and `crds` of a folder) for the test: images from the same steps as the
// Dockerfile's, data in a folder of the node, and the manifests of the overlay `cpu` with a recipe and tokens.

import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { VERSION } from '../../../shared/version.js';
import { MANIFESTS } from '../../kubernetes/render.js';
import { assembleImage } from '../assemble-image.js';
import { NAMESPACE, type Tokens } from './cluster.js';
import { runCommand } from './shell.js';

const IMAGES = ['coordinator', 'worker-cpu'] as const;

/** Packs both images and gives them to the cluster. ffmpeg is left out: the test's data are pictures. Their sizes. */
export async function loadImages(lab: string, work: string): Promise<string> {
  const sizes: string[] = [];
  for (const image of IMAGES) {
    const root = join(work, 'images', image);
    rmSync(root, { recursive: true, force: true });
    assembleImage(image, join(root, 'app'));
    await runCommand(join(lab, 'rootfs-node'), [root, '/usr/bin/env']);
    mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
    symlinkSync('/app/build/scripts/pretext.js', join(root, 'usr/local/bin/pretext'));
    const env = { IMAGE_USER: '10001:10001', IMAGE_WORKDIR: '/app', IMAGE_ENV: 'NODE_ENV=production HOME=/tmp' };
    await runCommand(join(lab, 'image'), [`localhost/pretext/${image}:${VERSION}`, root, 'pretext'], { env, timeoutMs: 300_000 });
    sizes.push(`${image} ${(await runCommand('du', ['-sm', root])).split('\t')[0]} MB`);
  }
  return sizes.join(', ');
}

export const recipeText = (root: string, steps: number): string => stringify({
  data: { root, side: 24, shortSide: 28 }, task: { name: 'rotation' }, model: { name: 'convnet' },
  batch: { microbatches: 4, microbatchSize: 2 }, steps, checkpoint: { everySteps: 20 },
});

/** Writes a kustomization over the overlay `cpu`. Its path, for `kubectl apply -k`. */
export function writeKustomization(work: string, data: string, steps: number): string {
  const folder = join(work, 'deploy');
  mkdirSync(folder, { recursive: true });
  cpSync(join(MANIFESTS, 'overlays/local/data.yaml'), join(folder, 'data.yaml'));
  writeFileSync(join(folder, 'recipe.yaml'), recipeText('/data', steps));
  writeFileSync(join(folder, 'kustomization.yaml'), stringify({
    apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', namespace: NAMESPACE,
    resources: [relative(folder, join(MANIFESTS, 'overlays/cpu')), 'data.yaml'],
    configMapGenerator: [{ name: 'pretext-recipe', behavior: 'replace', files: ['recipe.yaml'] }],
    generatorOptions: { disableNameSuffixHash: true },
    patches: [
      { target: { kind: 'PersistentVolume' }, patch: stringify([{ op: 'replace', path: '/spec/hostPath/path', value: data }]) },
      { target: { kind: 'Job' }, patch: stringify([{ op: 'replace', path: '/spec/template/spec/containers/0/resources/requests', value: { cpu: '200m', memory: '256Mi' } }]) },
    ],
  }));
  return folder;
}

export const describeSecret = (tokens: Tokens): string =>
  stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'pretext-tokens', namespace: NAMESPACE }, stringData: { ...tokens } });
