import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { systemPorts } from '../../shared/ports/system.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import type { ResourceType } from '../../operator/kube/port.ts';
import { driveCluster, eventually } from './cluster-driver.ts';
import { startRealApi, type RealApi } from './real-api.ts';
import { startStandInNodes, type StandInNodes } from './stand-in-nodes.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const chartRules = (file: string): unknown => parse(readFileSync(`${root}charts/meridian/files/${file}`, 'utf8'));
const rbac = (plural: string, kind: string, namespaced = false): ResourceType => ({ group: 'rbac.authorization.k8s.io', version: 'v1', plural, kind, namespaced });
const apiVersion = 'rbac.authorization.k8s.io/v1';

let api: RealApi;
let nodes: StandInNodes;
let kubeconfig: string;
const running: Operator[] = [];

beforeAll(async () => {
  api = await startRealApi();
  await api.makeNamespace('system');
  const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'operator' }];
  await api.kube.create(rbac('clusterroles', 'ClusterRole'), { apiVersion, kind: 'ClusterRole', metadata: { name: 'operator' }, rules: chartRules('operator-rules.yaml') });
  await api.kube.create(rbac('clusterrolebindings', 'ClusterRoleBinding'), { apiVersion, kind: 'ClusterRoleBinding', metadata: { name: 'operator' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'operator' }, subjects });
  const metadata = { name: 'election', namespace: 'system' };
  await api.kube.create(rbac('roles', 'Role', true), { apiVersion, kind: 'Role', metadata, rules: chartRules('election-rules.yaml') });
  await api.kube.create(rbac('rolebindings', 'RoleBinding', true), { apiVersion, kind: 'RoleBinding', metadata, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'election' }, subjects });
  nodes = startStandInNodes(api.kube, systemPorts);
  kubeconfig = api.plane.kubeconfigFor('operator', { commonName: 'operator' });
}, 900_000);
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  nodes.stop();
  await api.stop();
});

interface Operator {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[];
  readonly exit: Promise<number | null>;
}

/** `meridian operator` as a process; its log is read line by line. */
function startOperator(name: string, ...flags: readonly string[]): Operator {
  const args = ['cli/main.ts', 'operator', '--kubeconfig', kubeconfig, '--metrics-host', '127.0.0.1', '--metrics-port', '0', '--pod-name', name, '--pod-namespace', 'system', ...flags];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: Record<string, unknown>[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) lines.push(JSON.parse(part) as Record<string, unknown>);
  });
  const operator = { child, lines, exit: new Promise<number | null>((resolve) => child.once('exit', resolve)) };
  running.push(operator);
  return operator;
}

const said = ({ lines }: Operator, message: string) => eventually(() => Promise.resolve(lines.find((line) => line.message === message) ?? `"${message}", only ${lines.map((line) => String(line.message)).join(', ')}`));
const metricsOf = async (operator: Operator, path: string): Promise<{ status: number; text: string }> => {
  const { metricsPort } = await said(operator, 'started');
  const response = await fetch(`http://127.0.0.1:${String(metricsPort)}${path}`);
  return { status: response.status, text: await response.text() };
};

it('leads, reconciles, hands over on SIGTERM, and another goes on', async () => {
  const first = startOperator('operator-0');
  await said(first, 'elected');
  const second = startOperator('operator-1');
  await said(second, 'started');
  await api.makeNamespace('one');
  const one = driveCluster(api.kube, 'one');
  await one.create();
  await one.until('Ready');
  expect((await metricsOf(first, '/metrics')).text).toMatch(/^meridian_leader 1$/m);
  expect((await metricsOf(second, '/metrics')).text).toMatch(/^meridian_leader 0$/m);
  for (const path of ['/livez', '/readyz', '/startupz']) expect((await metricsOf(second, path)).status).toBe(200);

  first.child.kill('SIGTERM');
  expect(await first.exit).toBe(0);
  await said(second, 'elected');
  await api.makeNamespace('two');
  const two = driveCluster(api.kube, 'two');
  await two.create();
  await two.until('Ready');

  // Somebody else holds the Lease now: whoever led writes nothing more and starts anew.
  await api.kube.patch(resourceTypes.lease, 'system', 'meridian-operator', { spec: { holderIdentity: 'thief' } });
  expect(await second.exit).toBe(1);
}, 120_000);

it('takes the operator down, then finalizers off, and ends', async () => {
  await api.makeNamespace('bound');
  const cluster = driveCluster(api.kube, 'bound');
  await cluster.create({}, { finalizers: ['meridiancache.io/cleanup', 'example.com/theirs'] });
  await api.kube.create(rbac('clusterroles', 'ClusterRole'), { apiVersion, kind: 'ClusterRole', metadata: { name: 'release' }, rules: chartRules('release-rules.yaml') });
  await api.kube.create(rbac('clusterrolebindings', 'ClusterRoleBinding'), { apiVersion, kind: 'ClusterRoleBinding', metadata: { name: 'release' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'release' }, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'release' }] });
  await api.kube.create(rbac('roles', 'Role', true), { apiVersion, kind: 'Role', metadata: { name: 'take-down', namespace: 'system' }, rules: [{ apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['meridian'], verbs: ['delete', 'get'] }] });
  await api.kube.create(rbac('rolebindings', 'RoleBinding', true), { apiVersion, kind: 'RoleBinding', metadata: { name: 'take-down', namespace: 'system' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'take-down' }, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'release' }] });
  const pod = { metadata: { labels: { app: 'operator' } }, spec: { containers: [{ name: 'operator', image: 'none' }] } };
  const deployment: ResourceType = { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true };
  await api.kube.create(deployment, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'meridian', namespace: 'system' }, spec: { selector: { matchLabels: { app: 'operator' } }, template: pod } });
  await eventually(async () => ((await api.kube.list(resourceTypes.pod, { namespace: 'system' })).items.length === 1 ? true : 'a pod of the operator'));
  kubeconfig = api.plane.kubeconfigFor('release', { commonName: 'release' });
  const release = startOperator('hook', '--release-finalizers', '--release-deployment', 'meridian');
  expect(await release.exit).toBe(0);
  expect((await api.kube.list(resourceTypes.pod, { namespace: 'system' })).items).toEqual([]);
  expect((await cluster.get()).metadata.finalizers).toEqual(['example.com/theirs']);
});

it('says what it does not understand, and ends with 2', async () => {
  const child = spawn(process.execPath, ['cli/main.ts', 'operator', '--nonsense'], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(2);
  expect(text).toContain('--nonsense');
});
