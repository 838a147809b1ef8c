import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createController, done } from '../../operator/runtime/controller.ts';
import { startElection } from '../../operator/runtime/election.ts';
import { createEventRecorder } from '../../operator/runtime/events.ts';
import { createExpectations } from '../../operator/runtime/expectations.ts';
import { startInformer } from '../../operator/runtime/informer.ts';
import { keyOf, splitKey } from '../../operator/runtime/object-key.ts';
import { createOperatorMetrics } from '../../operator/runtime/prometheus.ts';
import { KubeError, type KubeObject, type KubePort } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { silentLogger } from '../../shared/log/log.ts';
import { systemPorts as ports } from '../../shared/ports/system.ts';
import { startControlPlane, type ControlPlane } from '../kube/control-plane.ts';
import { connect, until, type Connected } from './connect.ts';

const { configMap, event, lease, namespace, networkPolicy, pod, podDisruptionBudget, statefulSet } = resourceTypes;
const log = silentLogger;

let plane: ControlPlane;
let connected: Connected;
let kube: KubePort;
const stops: (() => void)[] = [];

beforeAll(async () => {
  plane = await startControlPlane();
  connected = await connect({ kubeconfig: plane.kubeconfig });
  kube = connected.kube;
}, 900_000);
afterAll(async () => {
  for (const stop of stops) stop();
  await connected?.transport.close();
  await plane?.stop();
});

/** A namespace for one test. */
async function area(name: string): Promise<string> {
  await kube.create(namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

const map = (ns: string, name: string, data: Record<string, string> = {}, labels?: Record<string, string>): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: ns, name, ...(labels ? { labels } : {}) }, data });

const failure = async (work: Promise<unknown>): Promise<Error> => await work.then(() => expect.unreachable('it did not fail'), (error: Error) => error);

test('objects go there and back whole: what typed clients lose is kept', async () => {
  const ns = await area('whole');
  const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { namespace: ns, name: 'bus' }, spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: { matchLabels: { a: 'b' } } }], ports: [{ port: 7946, protocol: 'TCP' }] }] } };
  const stored = await kube.apply(networkPolicy, policy, { fieldManager: 'meridian-operator', force: true });
  expect(stored.spec).toEqual(policy.spec);
  expect((await kube.get(networkPolicy, ns, 'bus'))?.spec).toEqual(policy.spec);
});

test('server-side apply: same again changes nothing, a foreign field conflicts unless forced, what is no longer applied goes', async () => {
  const ns = await area('apply');
  const mine = { fieldManager: 'meridian-operator' };
  const first = await kube.apply(configMap, map(ns, 'a', { x: '1', y: '1' }), mine);
  const second = await kube.apply(configMap, map(ns, 'a', { x: '1', y: '1' }), mine);
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  await kube.apply(configMap, map(ns, 'a', { x: '2' }), { fieldManager: 'someone', force: true });
  const conflict = await failure(kube.apply(configMap, map(ns, 'a', { x: '3', y: '1' }), mine));
  expect(conflict).toMatchObject({ code: 409, reason: 'Conflict', causes: [{ reason: 'FieldManagerConflict', field: '.data.x' }] });
  expect((await kube.apply(configMap, map(ns, 'a', { x: '3' }), { ...mine, force: true })).data).toEqual({ x: '3' });
});

test('dry run writes nothing', async () => {
  const ns = await area('dry');
  await kube.create(configMap, map(ns, 'a'), { dryRun: true });
  await kube.apply(configMap, map(ns, 'b'), { dryRun: true, fieldManager: 'm' });
  expect((await kube.list(configMap, { namespace: ns, fieldSelector: 'metadata.name!=kube-root-ca.crt' })).items).toEqual([]);
});

test('replace by version, patch, status, scale, and delete with preconditions', async () => {
  const ns = await area('writes');
  const first = await kube.create(configMap, map(ns, 'a', { n: '1' }));
  const second = await kube.replace(configMap, { ...first, data: { n: '2' } });
  expect(await failure(kube.replace(configMap, { ...first, data: { n: '3' } }))).toMatchObject({ code: 409, reason: 'Conflict' });
  expect((await kube.patch(configMap, ns, 'a', { data: { n: null, m: '1' } })).data).toEqual({ m: '1' });
  expect(await failure(kube.delete(configMap, ns, 'a', { uid: 'another' }))).toMatchObject({ code: 409 });
  expect(await kube.delete(configMap, ns, 'a', { uid: second.metadata.uid })).toBe(true);
  expect(await kube.delete(configMap, ns, 'a')).toBe(false);
  expect(await kube.get(configMap, ns, 'a')).toBeUndefined();

  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'none' }] } };
  await kube.create(statefulSet, { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { namespace: ns, name: 's' }, spec: { replicas: 1, serviceName: 's', selector: { matchLabels: { app: 'x' } }, template } });
  const scaled = await kube.patch(statefulSet, ns, 's', { spec: { replicas: 3 } }, { subresource: 'scale' });
  expect([scaled.kind, scaled.spec?.replicas]).toEqual(['Scale', 3]);
  const set = (await kube.get(statefulSet, ns, 's'))!;
  const stated = await kube.replace(statefulSet, { ...set, spec: {}, status: { replicas: 2 } }, { subresource: 'status' });
  expect([stated.spec?.replicas, stated.status?.replicas]).toEqual([3, 2]);
});

test('refusals are typed: invalid, not allowed, no such type, evicting nothing', async () => {
  const ns = await area('refusals');
  expect(await failure(kube.create(configMap, map(ns, 'Not_A_Name')))).toMatchObject({ code: 422, reason: 'Invalid', causes: [{ field: 'metadata.name', reason: 'FieldValueInvalid' }] });
  expect(await failure(kube.get({ ...configMap, group: 'nobody.example', plural: 'things' }, ns, 'a'))).toMatchObject({ code: 404 });
  expect(await failure(kube.evict(ns, 'nobody'))).toMatchObject({ code: 404, reason: 'NotFound' });
  const stranger = await connect({ kubeconfig: plane.kubeconfigFor('stranger', { commonName: 'stranger' }) });
  const forbidden = await failure(stranger.kube.list(configMap, { namespace: ns }));
  await stranger.transport.close();
  expect(forbidden).toBeInstanceOf(KubeError);
  expect(forbidden).toMatchObject({ code: 403, reason: 'Forbidden', message: expect.stringContaining('User "stranger" cannot list') });
});

test('an eviction is refused while the budget does not allow it, and respects the UID', async () => {
  const ns = await area('evictions');
  await kube.create(resourceTypes.serviceAccount, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: ns, name: 'default' } });
  const spec = { containers: [{ name: 'c', image: 'none' }], automountServiceAccountToken: false };
  const created = await kube.create(pod, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: ns, name: 'p', labels: { app: 'x' } }, spec });
  await kube.replace(pod, { ...created, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }, { subresource: 'status' });
  await kube.create(podDisruptionBudget, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { namespace: ns, name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } });
  expect(await failure(kube.evict(ns, 'p', { uid: created.metadata.uid }))).toMatchObject({ code: 429, reason: 'TooManyRequests' });
  await kube.delete(podDisruptionBudget, ns, 'b');
  expect(await failure(kube.evict(ns, 'p', { uid: 'another' }))).toMatchObject({ code: 409 });
  await kube.evict(ns, 'p', { uid: created.metadata.uid, gracePeriodSeconds: 0 });
  expect(await kube.get(pod, ns, 'p')).toBeUndefined();
});

test('a token of a kubeconfig is somebody; a wrong one is nobody', async () => {
  expect(await whoLists({ kubeconfig: kubeconfigOf({ token: plane.adminToken }) })).toBe('lists');
  expect(await whoLists({ kubeconfig: kubeconfigOf({ token: 'nonsense' }) })).toMatchObject({ code: 401, reason: 'Unauthorized' });
});

test('an exec plug-in of a kubeconfig is asked for its token', async () => {
  const credential = JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: plane.adminToken } });
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-p', `'${credential}'`], interactiveMode: 'Never' };
  expect(await whoLists({ kubeconfig: kubeconfigOf({ exec }) })).toBe('lists');
});

test("a pod's token is read anew when the server refuses it, without a new start", async () => {
  const folder = join(plane.run.path, 'service-account');
  mkdirSync(folder);
  writeFileSync(join(folder, 'ca.crt'), plane.ca);
  writeFileSync(join(folder, 'namespace'), 'apps');
  writeFileSync(join(folder, 'token'), 'expired\n');
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(plane.port), MERIDIAN_SERVICE_ACCOUNT_DIR: folder };
  const inPod = await connect({ env });
  expect(await failure(inPod.kube.list(namespace))).toMatchObject({ code: 401 });
  writeFileSync(join(folder, 'token'), `${plane.adminToken}\n`);
  expect((await inPod.kube.list(namespace)).items.length).toBeGreaterThan(3);
  await inPod.transport.close();
});

async function whoLists(source: Parameters<typeof connect>[0]): Promise<unknown> {
  const somebody = await connect(source);
  const answer = await somebody.kube.list(namespace).then(() => 'lists', (error: unknown) => error);
  await somebody.transport.close();
  return answer;
}

let kubeconfigs = 0;

function kubeconfigOf(user: object): string {
  const path = join(plane.run.path, `kubeconfig-${(kubeconfigs += 1)}.json`);
  const cluster = { server: plane.url, 'certificate-authority-data': Buffer.from(plane.ca).toString('base64') };
  writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': 'c', clusters: [{ name: 'c', cluster }], users: [{ name: 'u', user }], contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }] }));
  return path;
}

test('an informer pages through what exists, then follows every change to the end', async () => {
  const ns = await area('informer');
  await Promise.all(Array.from({ length: 57 }, (_, i) => kube.create(configMap, map(ns, `m${i}`, {}, { shard: String(i % 3) }))));
  const informer = startInformer({ kube, ports, log, type: configMap, namespaces: [ns], labelSelector: 'shard', timing: { pageSize: 10 }, indices: { shard: (object) => [object.metadata.labels?.shard ?? ''] } });
  stops.push(() => informer.stop());
  const changes: string[] = [];
  informer.onChange((change) => changes.push(`${change.kind} ${change.object.metadata.name}`));
  expect(await informer.whenSynced()).toBe(true);
  expect([informer.store.size, informer.store.by('shard', '1').length, changes.length]).toEqual([57, 19, 57]);
  changes.length = 0;
  await kube.patch(configMap, ns, 'm1', { metadata: { labels: { shard: '2' } } });
  await kube.patch(configMap, ns, 'm2', { metadata: { labels: null } });
  await kube.delete(configMap, ns, 'm3');
  await kube.create(configMap, map(ns, 'new', {}, { shard: '9' }));
  await until('the new object is seen', () => informer.store.get(ns, 'new') !== undefined);
  // An object that left the selector is deleted, for those who select by it.
  expect(changes).toEqual(['modified m1', 'deleted m2', 'deleted m3', 'added new']);
  expect(informer.store.by('shard', '1')).toHaveLength(18);
  expect(informer.store.get(ns, 'm1')?.metadata).not.toHaveProperty('managedFields');
});

test('the server time-out ends a watch in good order', async () => {
  const { resourceVersion } = await kube.list(configMap);
  const error = await new Promise<Error | undefined>((resolve) => kube.watch(configMap, { resourceVersion, timeoutSeconds: 1 }, { event: () => {}, end: resolve }));
  expect(error).toBeUndefined();
});

test('expectations are met when the cache has caught up, by writes, deletes and both in a row', async () => {
  const ns = await area('expectations');
  const informer = startInformer({ kube, ports, log, type: configMap, namespaces: [ns] });
  stops.push(() => informer.stop());
  await informer.whenSynced();
  const expectations = createExpectations((type) => (type === configMap ? informer : undefined));
  for (let round = 0; round < 20; round += 1) {
    const created = await kube.create(configMap, map(ns, 'a'));
    expectations.wrote('owner', configMap, created);
    const patched = await kube.patch(configMap, ns, 'a', { data: { n: '1' } });
    expectations.wrote('owner', configMap, patched);
    await until('the patch is seen', () => expectations.unseen('owner').length === 0);
    expect(informer.store.get(ns, 'a')?.data).toEqual({ n: '1' });
    expectations.deleted('owner', configMap, patched);
    await kube.delete(configMap, ns, 'a');
    await until('the delete is seen', () => expectations.unseen('owner').length === 0);
    expect(informer.store.get(ns, 'a')).toBeUndefined();
  }
});

test('a controller brings every object to its goal, one pass at a time for each, and its metrics tell', async () => {
  const ns = await area('controller');
  const metrics = createOperatorMetrics({ processMetrics: false });
  const client = connected.client({ onRequest: ({ verb, resource, code, seconds }) => metrics.observer.apiRequest(verb, resource, String(code), seconds) });
  const informer = startInformer({ kube: client, ports, log, type: configMap, namespaces: [ns], labelSelector: 'goal', observer: metrics.observer });
  const inWork = new Set<string>();
  let passes = 0;
  const controller = createController({
    name: 'copy',
    ports,
    log,
    workers: 8,
    observer: metrics.observer,
    async reconcile({ key }) {
      expect(inWork.has(key)).toBe(false);
      inWork.add(key);
      passes += 1;
      try {
        const object = informer.store.get(ns, splitKey(key).name);
        const goal = object?.metadata.labels?.goal;
        if (object && goal && object.data?.reached !== goal) await client.replace(configMap, { ...object, data: { reached: goal } });
        return done;
      } finally {
        inWork.delete(key);
      }
    },
  });
  informer.onChange((change) => controller.queue.add(keyOf(change.object)));
  controller.start();
  for (const goal of ['1', '2', '3']) await Promise.all(Array.from({ length: 30 }, (_, i) => kube.apply(configMap, map(ns, `m${i}`, undefined, { goal }), { fieldManager: 'user', force: true })));
  await until('all goals are reached', async () => (await kube.list(configMap, { namespace: ns, labelSelector: 'goal' })).items.every((item) => item.data?.reached === '3'));
  await controller.stop();
  informer.stop();
  expect(passes).toBeGreaterThanOrEqual(60);
  const { body } = await metrics.text();
  expect(body).toMatch(/meridian_api_requests_total\{verb="update",resource="configmaps",code="200"\} \d+/);
  expect(body).toMatch(/meridian_reconciles_total\{controller="copy",result="done"\} \d+/);
});

test('events are accepted as they are written, and repeats are one series', async () => {
  const ns = await area('events');
  const regarding = await kube.create(configMap, map(ns, 'web'));
  const failed: unknown[] = [];
  const recorder = createEventRecorder({ kube, ports, log: { ...log, debug: (_message, fields) => failed.push(fields) }, controller: 'meridiancache.io/operator', instance: 'test' });
  for (let i = 0; i < 5; i += 1) recorder.record(regarding, { type: 'Warning', reason: 'NoQuorum', action: 'Observe', note: 'shard 1 has no primary' });
  await recorder.stop();
  expect(failed).toEqual([]);
  const { items } = await kube.list(event, { namespace: ns });
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({ reason: 'NoQuorum', note: 'shard 1 has no primary', regarding: { kind: 'ConfigMap', name: 'web' }, series: { count: 5 } });
  expect(items[0].eventTime).toMatch(/\.\d{6}Z$/);
});

test('three candidates elect one leader on a real Lease; each release is followed by the next', async () => {
  const ns = await area('election');
  const timing = { leaseMs: 3_000, writeMs: 2_000, retryMs: 150 };
  const elected: string[] = [];
  const elections = ['a', 'b', 'c'].map((identity) => startElection({ kube: connected.client({ requestTimeoutMs: 1_000 }), ports, log, namespace: ns, name: 'operator', identity, timing, onElected: () => elected.push(identity), onLost: (why) => elected.push(`${identity} lost ${why}`) }));
  const leaders = (): number => elections.filter((one) => one.gate.closed() === undefined).length;
  for (let turn = 1; turn <= 3; turn += 1) {
    await until('there is a leader', () => elected.length === turn);
    expect(leaders()).toBe(1);
    expect((await kube.get(lease, ns, 'operator'))?.spec).toMatchObject({ holderIdentity: elected.at(-1), leaseTransitions: turn - 1, renewTime: expect.stringMatching(/\.\d{6}Z$/) });
    await elections[['a', 'b', 'c'].indexOf(elected.at(-1)!)].release();
  }
  expect(elected.toSorted()).toEqual(['a', 'b', 'c']);
  expect((await kube.get(lease, ns, 'operator'))?.spec?.holderIdentity).toBe('');
});
