// What tests read of Kubernetes' objects: the workloads' pods and containers, typed as far as is looked at.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildFolder, type KubeObject } from '../../scripts/kubernetes/kustomize.js';
import { MANIFESTS } from '../../scripts/kubernetes/render.js';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string; readonly scheme?: string };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly resources: { readonly requests: Readonly<Record<string, string>>; readonly limits: Readonly<Record<string, string>> };
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

interface NodeSelectorTerm {
  readonly matchExpressions: readonly { readonly key: string; readonly operator: string; readonly values: readonly string[] }[];
}

export interface PodSpec {
  readonly affinity?: {
    readonly nodeAffinity: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] };
      readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly { readonly preference: NodeSelectorTerm }[];
    };
  };
  readonly automountServiceAccountToken: boolean;
  readonly serviceAccountName: string;
  readonly restartPolicy?: string;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: { readonly runAsNonRoot: boolean; readonly seccompProfile: unknown };
  readonly containers: readonly [Container];
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
}

export interface Workload extends KubeObject {
  readonly spec: {
    readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly serviceName?: string;
    readonly completions?: number;
    readonly parallelism?: number;
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
    readonly podFailurePolicy?: { readonly rules: readonly { readonly action: string; readonly onExitCodes?: { readonly values: readonly number[] } }[] };
    readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> }; readonly spec: PodSpec };
  };
}

export interface Service extends KubeObject {
  readonly spec: { readonly selector: Readonly<Record<string, string>>; readonly ports: readonly { readonly port: number; readonly targetPort: string }[] };
}

export const OVERLAYS = readdirSync(join(MANIFESTS, 'overlays')).sort();

export const buildOverlay = (name: string): KubeObject[] => buildFolder(join(MANIFESTS, 'overlays', name));

export interface Runtime extends KubeObject {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly successPolicy?: { readonly operator: string; readonly targetReplicatedJobs: readonly string[] };
        readonly replicatedJobs: readonly { readonly name: string; readonly template: { readonly spec: Workload['spec'] } }[];
      };
    };
  };
}

/** The Jobs of a runtime of Kubeflow Trainer are among them. */
export function listWorkloads(objects: readonly KubeObject[]): Workload[] {
  const jobs = objects.filter(({ kind }) => kind === 'ClusterTrainingRuntime').flatMap((object) => (object as Runtime).spec.template.spec.replicatedJobs);
  return [
    ...(objects.filter(({ kind }) => kind === 'StatefulSet' || kind === 'Job') as Workload[]),
    ...jobs.map(({ name, template: { spec } }): Workload => ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec })),
  ];
}

export const containerOf = (workload: Workload): Container => workload.spec.template.spec.containers[0];

/** The container of the coordinator, and that of the workers. */
export function findContainer(objects: readonly KubeObject[], name: 'coordinator' | 'worker'): Container {
  return containerOf(listWorkloads(objects).find((workload) => containerOf(workload).name === name)!);
}
