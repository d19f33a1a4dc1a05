// `pretext k8s`: manifests for Kubernetes.

import { Option, type Command } from 'commander';
import { jsonOption, parseCount, setOption } from './options.js';

export interface RenderFlags {
  readonly data: string;
  readonly task?: string;
  readonly steps?: string;
  readonly seed?: string;
  readonly set?: readonly string[];
  readonly workers: number;
  readonly gpu?: 'nvidia' | 'webgpu';
  readonly wholeNodes?: boolean;
  readonly spot?: boolean;
  readonly tls?: boolean;
  readonly mirror?: boolean;
  readonly mountData?: boolean;
  readonly queue?: string;
  readonly namespace?: string;
  readonly registry?: string;
  readonly tag?: string;
  readonly secret: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
A claim (PersistentVolumeClaim) must be there, with the data in it. A path, which begins with a slash, is a folder of the cluster's only node.
The manifests hold new tokens each time; --no-secret leaves them out where the Secret pretext-tokens is there already.

Examples:
  pretext k8s render --data photos --task rotation --workers 8 --gpu nvidia --registry registry.example/pretext | kubectl apply -f -
  pretext k8s render recipe.yaml --data /srv/photos --workers 2 > run.yaml
  pretext k8s render --data photos --spot --queue research --no-secret
`;

export function addK8sCommand(program: Command): void {
  const k8s = program.command('k8s').description('manifests for Kubernetes');
  k8s
    .command('render')
    .description('print the manifests of a run, ready for kubectl apply')
    .argument('[recipe]', 'YAML file; docs/recipe.md lists its keys')
    .requiredOption('--data <claim|path>', 'PersistentVolumeClaim with the data, or a folder of the only node')
    .option('--task <name>', 'pretext task')
    .option('--steps <n>', 'updates to make')
    .option('--seed <n>', 'key of all randomness')
    .addOption(setOption('change one key of the recipe'))
    .option('--workers <n>', 'pods that compute', parseCount, 2)
    .addOption(new Option('--gpu <kind>', 'one GPU a pod: nvidia has CUDA, webgpu needs the driver alone').choices(['nvidia', 'webgpu']))
    .option('--whole-nodes', 'with --gpu nvidia, one pod a node: a process for each of its 8 GPUs')
    .option('--tls', 'TLS by a certificate of cert-manager')
    .option('--mirror', 'keep a second copy of the run on a claim of its own')
    .option('--spot', 'let workers run on nodes that may be taken away')
    .option('--mount-data', 'let workers mount the claim too (default: files come from the coordinator)')
    .option('--queue <name>', 'LocalQueue of Kueue that admits the workers')
    .option('--namespace <name>', 'namespace (default: pretext)')
    .option('--registry <prefix>', 'where the images are (default: localhost/pretext)')
    .option('--tag <tag>', 'tag of the images (default: the version of Pretext)')
    .option('--no-secret', 'leave the tokens out')
    .addOption(jsonOption('the objects'))
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined, flags: RenderFlags) => {
      const { printManifests } = await import('../actions/k8s-render.js');
      printManifests(file, flags);
    });
}
