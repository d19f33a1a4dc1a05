// What `pretext k8s render` does: checks the recipe as a coordinator would, and prints the manifests.

import { readFileSync } from 'node:fs';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { completeRecipe } from '../../shared/recipe/complete.js';
import { mapStages } from '../../shared/recipe/stages.js';
import { registries } from '../../worker/registries.js';
import type { RenderFlags } from '../commands/k8s.js';
import { findForeignPath, ROOT } from '../kubernetes/pod-paths.js';
import { formatManifests, render, type ComponentName } from '../kubernetes/render.js';
import { loadRecipe } from './load-recipe.js';

const NAME = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;
/** The API server takes no others. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const REGISTRY = /^[\w.-]+(:\d+)?(\/[a-z0-9._-]+)*$/;

/** Throws BAD_RECIPE or BAD_ARGUMENT. */
export function printManifests(file: string | undefined, flags: RenderFlags): void {
  const { data, workers, queue, namespace, registry, tag, secret, json = false } = flags;
  if (!data.startsWith('/') && !NAME.test(data)) throw new PretextError('BAD_ARGUMENT', `--data: expected the name of a claim or a path that begins with a slash, given "${data}".`);
  if (flags.wholeNodes === true && flags.gpu !== 'nvidia') throw new PretextError('BAD_ARGUMENT', '--whole-nodes goes with --gpu nvidia: of several GPUs of one model webgpu opens the first only.');
  if (namespace !== undefined && !NAMESPACE.test(namespace)) throw new PretextError('BAD_ARGUMENT', `--namespace: expected at most 63 small letters, digits and hyphens, given "${namespace}".`);
  if (registry !== undefined && !REGISTRY.test(registry)) throw new PretextError('BAD_ARGUMENT', `--registry: expected such as registry.example/pretext, without a slash at its end, given "${registry}".`);
  const { recipe, locates } = loadRecipe(file, { ...dropUndefined({ task: flags.task, steps: flags.steps, seed: flags.seed, set: flags.set }), data: ROOT });
  mapStages(recipe, (stage, index) => completeRecipe(stage, registries, locates[index]));
  const foreign = findForeignPath(recipe.stages);
  if (foreign !== undefined) {
    const { stage, key, path } = foreign;
    throw new PretextError('BAD_ARGUMENT', `${locates[stage]!(key.split('.'))}: ${key}: expected a path below /data or /runs, which are all that a pod has, given "${path}".`, {
      hint: '--data is mounted at /data: put there what the recipe names.',
    });
  }
  const objects = render({
    flags: recipeFlags(flags, file !== undefined),
    data: data.startsWith('/') ? { folder: data } : { claim: data },
    components: chooseComponents(flags),
    workers, hasSecret: secret, ...dropUndefined({ queue, namespace, registry, tag, recipe: file === undefined ? undefined : readFileSync(file, 'utf8') }),
  });
  process.stdout.write(json ? `${JSON.stringify(objects)}\n` : formatManifests(objects));
}

/** What the coordinator is to be told; where a recipe of the user's says where the data are, that is another machine's path. */
function recipeFlags({ task, steps, seed, set = [] }: RenderFlags, isRecipeGiven: boolean): string[] {
  const given = { data: isRecipeGiven ? ROOT : undefined, task, steps, seed };
  return [...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`])), ...set.map((each) => `--set=${each}`)];
}

function chooseComponents({ gpu, wholeNodes = false, tls = false, mirror = false, spot = false, mountData = false, queue, data }: RenderFlags): ComponentName[] {
  return [
    ...(gpu === undefined ? [] : ['nvidia' as const]),
    ...(wholeNodes ? ['nvidia-node' as const] : []),
    ...(gpu === 'webgpu' ? ['webgpu' as const] : []),
    ...(spot ? ['spot' as const] : []),
    ...(queue === undefined ? [] : ['kueue' as const]),
    ...(tls ? ['tls' as const] : []),
    ...(mirror ? ['mirror' as const] : []),
    ...(mountData || data.startsWith('/') ? ['shared-data' as const] : []),
  ];
}
