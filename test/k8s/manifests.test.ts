// The manifests against the code: flags, variables, ports, paths, probes, exit codes, images; and against kubectl, where that is there.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Command } from 'commander';
import { parseAllDocuments } from 'yaml';
import { createRoutes } from '../../coordinator/server/routes.js';
import { addCoordinatorCommand } from '../../scripts/commands/coordinator.js';
import { EXIT, EXITS } from '../../scripts/commands/exit-codes.js';
import { addWorkerCommand } from '../../scripts/commands/worker.js';
import type { KubeObject } from '../../scripts/kubernetes/kustomize.js';
import { MANIFESTS } from '../../scripts/kubernetes/render.js';
import { buildOverlay, containerOf, findContainer, listWorkloads, OVERLAYS, type Container, type Runtime, type Service, type Workload } from '../helpers/manifests.js';
import { skipWithReason } from '../helpers/test-data.js';

const built: readonly (readonly [string, KubeObject[]])[] = OVERLAYS.map((name) => [name, buildOverlay(name)]);
const workloads: readonly (readonly [string, Workload])[] = built.flatMap(([name, objects]) => listWorkloads(objects).map((each) => [`${name}: ${each.metadata.name}`, each] as const));
const containers: readonly (readonly [string, Container])[] = workloads.map(([name, workload]) => [name, containerOf(workload)]);

const byName = (objects: readonly KubeObject[]): Record<string, KubeObject> => Object.fromEntries(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]));

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

for (const [name, objects] of built) {
  test(`overlay ${name} is what kubectl makes of it`, (t) => {
    if (!hasKubectl) return skipWithReason(t, 'there is no kubectl here');
    const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', join(MANIFESTS, 'overlays', name)], { encoding: 'utf8' });
    t.is(status, 0, stderr);
    t.deepEqual(byName(objects), byName(parseAllDocuments(stdout).map((document) => document.toJS() as KubeObject)));
  });
}

function createProgram(): Command {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addCoordinatorCommand(program);
  addWorkerCommand(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined }).action(() => undefined);
  return program;
}

/** The arguments as the process gets them: `$(NAME)` is the variable's value. */
const argumentsOf = ({ args, env }: Container): string[] =>
  args.map((arg) => arg.replaceAll(/\$\((\w+)\)/g, (_match, name: string) => {
    const variable = env.find((each) => each.name === name);
    if (!variable) throw new Error(`no variable ${name}`);
    return variable.value ?? 'value';
  }));

function parseFlags(container: Container): Record<string, unknown> {
  const program = createProgram();
  program.parse(argumentsOf(container), { from: 'user' });
  return program.commands.find((command) => command.name() === container.args[0])!.opts();
}

test('a container is started with flags that its command has', (t) => {
  for (const [name, container] of containers) {
    t.deepEqual(container.command, ['pretext'], name);
    t.notThrows(() => parseFlags(container), name);
  }
});

test('a container gets variables that its command reads, and no token by an argument', (t) => {
  const options = createProgram().commands.flatMap((command) => command.options);
  const known = new Set(options.flatMap(({ envVar }) => envVar ?? []));
  for (const [name, { env, args }] of containers) {
    for (const variable of env.filter((each) => each.name.startsWith('PRETEXT_'))) t.true(known.has(variable.name), `${name}: ${variable.name}`);
    t.false(args.some((arg) => /token(=|$)/.test(arg)), name);
  }
});

test('whatever a flag or a probe names is there', (t) => {
  const routes = createRoutes({ onWorker: () => undefined, getStatus: () => undefined, handleLogs: () => undefined, findItem: () => undefined });
  const open = new Set(routes.filter(({ role }) => role === 'anyone').map(({ path }) => path));
  for (const [name, container] of containers) {
    const paths = argumentsOf(container).flatMap((arg) => /(?:^|=)(\/.*)$/.exec(arg)?.[1] ?? []);
    for (const path of paths) t.true(container.volumeMounts.some(({ mountPath }) => `${path}/`.startsWith(`${mountPath}/`)), `${name}: ${path}`);
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
      if (!probe) continue;
      t.true(open.has(probe.httpGet.path), name);
      t.true(container.ports?.some((port) => port.name === probe.httpGet.port), name);
    }
  }
});

test('every mount is of a volume that the pod has', (t) => {
  for (const [name, { spec }] of workloads) {
    const { containers: [{ volumeMounts }], volumes } = spec.template.spec;
    const known = [...volumes.map((volume) => String(volume['name'])), ...(spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name)];
    t.deepEqual(volumeMounts.map((mount) => mount.name).sort(), known.sort(), name);
    t.true(known.includes('tmp'), `${name}: a read-only root needs a place for temporary files`);
  }
});

test('workers call the service, which leads to the port that the coordinator listens on', (t) => {
  for (const [name, objects] of built) {
    const coordinator = listWorkloads(objects).find((workload) => workload.kind === 'StatefulSet');
    if (!coordinator) continue;
    const container = containerOf(coordinator);
    const { listen } = parseFlags(container) as { listen: { host: string; port: number } };
    const { join: address } = parseFlags(findContainer(objects, 'worker')) as { join: URL };
    const services = objects.filter(({ kind }) => kind === 'Service') as Service[];
    const called = services.find(({ metadata }) => metadata.name === address.hostname)!;
    t.is(listen.host, '0.0.0.0', name);
    t.deepEqual(container.ports, [{ name: 'pretext', containerPort: listen.port }], name);
    t.is(Number(address.port), called.spec.ports[0]!.port, name);
    for (const { spec } of services) {
      t.is(spec.ports[0]!.targetPort, 'pretext', name);
      t.deepEqual(spec.selector, { ...coordinator.spec.template.metadata.labels, 'statefulset.kubernetes.io/pod-name': `${coordinator.metadata.name}-0` }, name);
    }
    t.true(services.some(({ metadata }) => metadata.name === coordinator.spec.serviceName), name);
    t.deepEqual(coordinator.spec.selector!.matchLabels, coordinator.spec.template.metadata.labels, name);
  }
});

test('every pod is what the restricted Pod Security standard asks for', (t) => {
  for (const [name, { spec }] of workloads) {
    const pod = spec.template.spec;
    t.true(pod.securityContext.runAsNonRoot, name);
    t.deepEqual(pod.securityContext.seccompProfile, { type: 'RuntimeDefault' }, name);
    t.deepEqual(pod.containers[0].securityContext, { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } }, name);
    t.false(pod.automountServiceAccountToken, name);
    t.false(pod.volumes.some((volume) => 'hostPath' in volume), name);
    t.truthy(pod.containers[0].resources.limits['memory'], name);
  }
});

test('a pod has the time to end that the manuals name', (t) => {
  const manual = (name: string): string => readFileSync(join(MANIFESTS, '../docs', name), 'utf8');
  const seconds = Number(/give a pod or a unit (\d+) seconds/.exec(manual('workers.md'))![1]);
  t.true(manual('kubernetes.md').includes(`Both have ${seconds} seconds.`));
  for (const [name, { spec }] of workloads) t.is(spec.template.spec.terminationGracePeriodSeconds, seconds, name);
});

test('a Job decides by exit codes that workers have, each one once', (t) => {
  for (const [name, { spec, kind }] of workloads) {
    if (kind !== 'Job') continue;
    const codesOf = (action: string): number[] => spec.podFailurePolicy!.rules.filter((rule) => rule.action === action).flatMap(({ onExitCodes }) => onExitCodes?.values ?? []);
    t.deepEqual(codesOf('Ignore'), [EXIT.machine, EXIT.unreachable, EXIT.stopped, EXIT.drained], name);
    t.deepEqual(codesOf('FailJob'), [EXIT.usage, EXIT.unfit, EXIT.diverged, EXIT.refused, EXIT.collapsed], name);
    t.is(spec.completions, spec.parallelism, name);
    t.is(spec.template.spec.restartPolicy, 'Never', name);
  }
});

test('the coordinator stays off the nodes that workers of the overlay spot prefer', (t) => {
  const [coordinator, worker] = (['StatefulSet', 'Job'] as const).map((kind) => listWorkloads(buildOverlay('spot')).find((workload) => workload.kind === kind)!.spec.template.spec.affinity!.nodeAffinity);
  const spot = worker!.preferredDuringSchedulingIgnoredDuringExecution!.map(({ preference }) => preference.matchExpressions[0]!);
  const [term, ...others] = coordinator!.requiredDuringSchedulingIgnoredDuringExecution!.nodeSelectorTerms;
  t.deepEqual(others, [], 'one of several terms would do');
  t.deepEqual(term!.matchExpressions, spot.map((each) => ({ ...each, operator: 'NotIn' })));
});

test('a TrainJob is complete when its coordinator is, whatever became of the workers', (t) => {
  const runtime = buildOverlay('trainjob').find(({ kind }) => kind === 'ClusterTrainingRuntime') as Runtime;
  const { successPolicy, replicatedJobs } = runtime.spec.template.spec;
  t.deepEqual(successPolicy, { operator: 'All', targetReplicatedJobs: ['coordinator'] });
  t.true(replicatedJobs.some(({ name }) => name === 'coordinator'));
});

test('the table of exit codes in the manual has them all', (t) => {
  const manual = readFileSync(join(MANIFESTS, '../docs/unattended.md'), 'utf8');
  for (const [name, code] of Object.entries(EXIT)) t.true(manual.includes(`| ${code} | ${EXITS[name as keyof typeof EXIT]} |`), name);
});

test('images are those that the Dockerfile makes, at the version of the package', (t) => {
  const { version } = JSON.parse(readFileSync(join(MANIFESTS, '../package.json'), 'utf8')) as { version: string };
  const made = new Set([...readFileSync(join(MANIFESTS, 'images/Dockerfile'), 'utf8').matchAll(/^FROM .* AS (\S+)$/gm)].map((match) => match[1]));
  for (const [name, { image }] of containers) {
    const [, target, tag] = /^localhost\/pretext\/([a-z-]+):(.+)$/.exec(image)!;
    t.true(made.has(target), `${name}: ${target}`);
    t.is(tag, version, name);
  }
  t.true(existsSync(join(MANIFESTS, 'images/Dockerfile.dockerignore')));
});

test('images keep nothing that apt fetched, on a base that does not see to that itself too', (t) => {
  const shipped = readFileSync(join(MANIFESTS, 'images/Dockerfile'), 'utf8').split(' AS runtime\n')[1]!;
  const installs = [...shipped.matchAll(/^RUN (?:.*\\\n)*.*$/gm)].map(([text]) => text).filter((text) => text.includes('apt-get install'));
  t.is(installs.length, 2);
  for (const install of installs) t.regex(install, /rm -rf \/var\/lib\/apt\/lists\/\* \/var\/cache\/apt\/\*/);
});
