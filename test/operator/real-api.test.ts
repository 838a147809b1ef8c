import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { silentLogger } from '../../shared/log/log.ts';
import { annotations } from '../../shared/kube/names.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import type { RequestRecord } from '../../operator/kube/client.ts';
import type { KubeObject, ResourceType } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { startController } from '../../operator/main.ts';
import { createEventRecorder } from '../../operator/runtime/events.ts';
import { driveCluster, eventually } from './cluster-driver.ts';
import { driveNamespace } from './namespace-driver.ts';
import { startRealApi, type RealApi } from './real-api.ts';
import { startStandInNodes, type StandInNodes } from './stand-in-nodes.ts';
import { settings } from './world.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}
const rules = ['operator-rules', 'machine-rules'].flatMap((name) => parse(readFileSync(fileURLToPath(new URL(`../../charts/meridian/files/${name}.yaml`, import.meta.url)), 'utf8')) as readonly Rule[]);
const clusterScoped = (plural: string, kind: string): ResourceType => ({ group: 'rbac.authorization.k8s.io', version: 'v1', plural, kind, namespaced: false });

let api: RealApi;
let nodes: StandInNodes;
const requests: RequestRecord[] = [];
let stopOperator: () => Promise<void>;

/** The operator as a user who holds exactly what the chart grants. */
beforeAll(async () => {
  api = await startRealApi();
  const metadata = { name: 'operator' };
  await api.kube.create(clusterScoped('clusterroles', 'ClusterRole'), { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata, rules });
  await api.kube.create(clusterScoped('clusterrolebindings', 'ClusterRoleBinding'), {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'operator' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'operator' }],
  });
  nodes = startStandInNodes(api.kube, systemPorts);
  const port = await api.connect(api.plane.kubeconfigFor('operator', { commonName: 'operator' }), (request) => requests.push(request));
  const recorder = createEventRecorder({ kube: port, ports: systemPorts, log: silentLogger, controller: 'meridiancache.io/operator', instance: 'test' });
  const controller = startController({ ...settings, port, nodeApi: nodes.nodeApi, ports: systemPorts, log: silentLogger, recorder, watchMonitors: true });
  stopOperator = async () => {
    await controller.stop();
    await recorder.stop();
  };
  await controller.whenSynced();
}, 900_000);
afterAll(async () => {
  await stopOperator();
  nodes.stop();
  await api.stop();
});

const writes = (): string[] => requests.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb)).map(({ verb, resource, code }) => `${verb} ${resource} ${code}`);
const inNamespace = async (namespace: string, type: ResourceType): Promise<readonly KubeObject[]> => (await api.kube.list(type, { namespace })).items;
const gone = (namespace: string, type: ResourceType, pattern: RegExp) =>
  eventually(async () => {
    const left = (await inNamespace(namespace, type)).map((object) => object.metadata.name).filter((name) => pattern.test(name));
    return left.length === 0 ? true : `${type.kind} ${left.join(', ')} gone`;
  });
const newNamespace = async (name: string) => {
  await api.makeNamespace(name);
  return driveCluster(api.kube, name);
};

describe('on a real API server, with the rights that the chart grants', () => {
  it('makes a cluster and then writes nothing more', async () => {
    const cluster = await newNamespace('quiet');
    // Not labelled as ours, so every pass reads it from the API server: that is how a pass shows.
    await api.kube.create(resourceTypes.secret, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'people', namespace: 'quiet' } });
    await cluster.create({ shards: 2, replicas: 1, regions: [{ name: 'east' }, { name: 'west', replicas: 0, resources: { requests: { cpu: '0.5' } } }], storage: { size: '1024Mi' }, auth: { usersSecretRef: { name: 'people' } } });
    await cluster.until('Ready');
    await cluster.until('Reconciling', 'False');
    const { message } = await cluster.until('Degraded');
    expect(message).toContain('demo-east-s0-1 has not all data yet');
    const before = writes().length;
    for (const touched of ['once', 'twice']) {
      const passes = requests.length;
      await cluster.edit({}, { annotations: { touched } });
      await eventually(() => Promise.resolve(requests.slice(passes).some(({ verb, resource }) => verb === 'get' && resource === 'secrets') ? true : 'a pass'));
    }
    // Events of what was are written beside the passes, and may come late.
    expect(writes().slice(before).filter((write) => !write.includes('events'))).toEqual([]);
  });

  it('brings back what is deleted by hand and repairs what is edited', async () => {
    const cluster = await newNamespace('drift');
    await cluster.create();
    await cluster.until('Ready');
    await cluster.until('Reconciling', 'False');
    const { statefulSet, service, networkPolicy } = resourceTypes;
    const first = await api.kube.get(statefulSet, 'drift', 'demo-east-s0');
    await api.kube.delete(statefulSet, 'drift', 'demo-east-s0', { propagationPolicy: 'Background' });
    await api.kube.patch(service, 'drift', 'demo-east', { spec: { selector: { nobody: 'here' } } });
    await api.kube.patch(networkPolicy, 'drift', 'demo-east', { spec: { ingress: [{}] } });
    await eventually(async () => {
      const set = await api.kube.get(statefulSet, 'drift', 'demo-east-s0');
      return set && set.metadata.uid !== first?.metadata.uid ? true : 'a new StatefulSet';
    });
    await eventually(async () => (JSON.stringify((await api.kube.get(service, 'drift', 'demo-east'))?.spec?.selector).includes('nobody') ? 'the selector repaired' : true));
    await eventually(async () => ((((await api.kube.get(networkPolicy, 'drift', 'demo-east'))?.spec?.ingress ?? []) as unknown[]).length === 4 ? true : 'the policy repaired'));
    await cluster.until('Ready');
  });

  it('replaces a pod whose machine is away, once its shard does without it', async () => {
    const cluster = await newNamespace('lost-pod');
    await cluster.create({ replicas: 1 });
    await cluster.until('Ready');
    const pod = 'demo-east-s0-1';
    const before = await eventually(async () => (await api.kube.get(resourceTypes.pod, 'lost-pod', pod)) ?? 'a copy');
    nodes.silent.add(pod);
    // The kubelet's last word was that the container is ready; the node controller says since long that the pod is not. Another time each turn: a change is what makes a pass.
    const containerStatuses = [{ name: 'node', ready: true, restartCount: 0, image: 'i', imageID: 'i' }];
    let second = 0;
    await eventually(async () => {
      const now = await api.kube.get(resourceTypes.pod, 'lost-pod', pod);
      if (now?.metadata.uid !== before.metadata.uid) return true;
      second = (second + 1) % 60;
      await api.kube.patch(resourceTypes.pod, 'lost-pod', pod, { status: { phase: 'Running', containerStatuses, conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z` }] } }, { subresource: 'status' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      return 'the pod to be replaced';
    });
    nodes.silent.delete(pod);
    await cluster.until('Ready');
  });

  it('has a primary leave a machine that is cordoned, for a copy in sync on another', async () => {
    const cluster = await newNamespace('cordon');
    await cluster.create({ replicas: 1 });
    await cluster.until('Ready');
    const pods = ['demo-east-s0-0', 'demo-east-s0-1'];
    for (const [index, pod] of pods.entries()) {
      await api.kube.create(resourceTypes.node, { apiVersion: 'v1', kind: 'Node', metadata: { name: `machine-${index}` } });
      await eventually(async () => ((await api.kube.get(resourceTypes.pod, 'cordon', pod)) === undefined ? pod : true));
      const binding = { ...resourceTypes.pod, plural: `pods/${pod}/binding` };
      await api.kube.create(binding, { apiVersion: 'v1', kind: 'Binding', metadata: { name: pod, namespace: 'cordon' }, target: { apiVersion: 'v1', kind: 'Node', name: `machine-${index}` } });
    }
    const config = JSON.stringify({ formatVersion: 1, isr: pods, incarnations: Object.fromEntries(pods.map((pod) => [pod, 'i'])), nonce: 'both' });
    await api.kube.patch(resourceTypes.lease, 'cordon', 'demo-east-s0', { metadata: { annotations: { [annotations.config]: config } } });
    await cluster.until('Degraded', 'False');
    await api.kube.patch(resourceTypes.node, undefined, 'machine-0', { spec: { unschedulable: true } });
    await eventually(async () => ((await api.kube.get(resourceTypes.lease, 'cordon', 'demo-east-s0'))?.spec?.holderIdentity === pods[1] ? true : 'a handover'));
    // Both machines at once: nobody is left to hand over to, and the budget lets one pod go at most.
    await api.kube.patch(resourceTypes.node, undefined, 'machine-1', { spec: { unschedulable: true } });
    const warning = await cluster.until('ConfigurationWarning', 'True', 'MachineCordoned');
    expect(warning.message).toContain('machine machine-1 is cordoned with the primary demo-east-s0-1, and no copy of its shard is in sync on another machine yet');
    await eventually(async () => ((await api.kube.get(resourceTypes.podDisruptionBudget, 'cordon', 'demo-east-s0'))?.status?.disruptionsAllowed === 1 ? true : 'a budget for one'));
    await api.kube.evict('cordon', pods[0]);
    await expect(api.kube.evict('cordon', pods[1])).rejects.toMatchObject({ code: 429 });
    for (const index of [0, 1]) await api.kube.delete(resourceTypes.node, undefined, `machine-${index}`);
  });

  it('makes a deleted Lease anew above every epoch, once the nodes say what it was', async () => {
    const cluster = await newNamespace('lost-lease');
    await cluster.create();
    await cluster.until('Ready');
    nodes.silent.add('demo-east-s0-0');
    await api.kube.delete(resourceTypes.lease, 'lost-lease', 'demo-east-s0');
    const stalled = await cluster.until('Stalled');
    expect(stalled).toMatchObject({ reason: 'LeaseMissing' });
    nodes.silent.delete('demo-east-s0-0');
    await cluster.edit({}, { annotations: { look: 'again' } });
    await cluster.until('Ready');
    const lease = await api.kube.get(resourceTypes.lease, 'lost-lease', 'demo-east-s0');
    expect(lease?.spec).toMatchObject({ leaseTransitions: 1001, holderIdentity: 'demo-east-s0-0' });
  });

  it('adds and removes regions and copies', async () => {
    const cluster = await newNamespace('regions');
    await cluster.create({ replicas: 1 });
    await cluster.until('Ready');
    await cluster.edit({ regions: [{ name: 'east' }, { name: 'west' }], replicas: 0 });
    await cluster.until('Ready');
    await cluster.until('Reconciling', 'False');
    expect((await inNamespace('regions', resourceTypes.pod)).map((pod) => pod.metadata.name).toSorted()).toEqual(['demo-east-s0-0', 'demo-west-s0-0']);
    await cluster.edit({ regions: [{ name: 'west' }] });
    await cluster.until('Reconciling', 'False');
    for (const type of [resourceTypes.statefulSet, resourceTypes.pod, resourceTypes.service, resourceTypes.lease, resourceTypes.configMap, resourceTypes.role, resourceTypes.roleBinding, resourceTypes.serviceAccount, resourceTypes.networkPolicy, resourceTypes.podDisruptionBudget]) {
      await gone('regions', type, /east/);
    }
    await cluster.until('Ready');
  });

  it('never touches an object of another, and says which stands in its way', async () => {
    const cluster = await newNamespace('foreign');
    const mine: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'demo-east-slots', namespace: 'foreign' }, data: { mine: 'yes' } };
    await api.kube.create(resourceTypes.configMap, mine);
    await cluster.create();
    const { message } = await cluster.until('Stalled', 'True', 'ForeignObject');
    expect(message).toContain('ConfigMap demo-east-slots');
    expect(await inNamespace('foreign', resourceTypes.statefulSet)).toEqual([]);
    expect((await api.kube.get(resourceTypes.configMap, 'foreign', 'demo-east-slots'))?.data).toEqual({ mine: 'yes' });
    await api.kube.delete(resourceTypes.configMap, 'foreign', 'demo-east-slots');
    await cluster.edit({}, { annotations: { look: 'again' } });
    await cluster.until('Ready');
  });

  it('leaves nothing behind with Delete, and what is promised with RetainData, which can be adopted', async () => {
    const cluster = await newNamespace('deletion');
    const spec = { storage: { size: '1Gi' } };
    await cluster.create(spec);
    await cluster.until('Ready');
    await cluster.delete();
    const types = [resourceTypes.statefulSet, resourceTypes.pod, resourceTypes.service, resourceTypes.lease, resourceTypes.secret, resourceTypes.role, resourceTypes.networkPolicy, resourceTypes.podDisruptionBudget, resourceTypes.persistentVolumeClaim];
    for (const type of types) await gone('deletion', type, /demo/);

    await cluster.create({ ...spec, deletionPolicy: 'RetainData' });
    await cluster.until('Ready');
    const { uid = '' } = (await cluster.get()).metadata;
    const password = (await api.kube.get(resourceTypes.secret, 'deletion', 'demo-auth'))?.data?.['default-password'];
    await cluster.delete();
    for (const type of [resourceTypes.statefulSet, resourceTypes.pod, resourceTypes.service]) await gone('deletion', type, /demo/);
    await gone('deletion', resourceTypes.secret, /demo-bus/);
    const names = async (type: ResourceType) => (await inNamespace('deletion', type)).map((object) => object.metadata.name).filter((name) => name.includes('demo'));
    expect([await names(resourceTypes.lease), await names(resourceTypes.configMap), await names(resourceTypes.secret), await names(resourceTypes.persistentVolumeClaim)]).toEqual([['demo-east-s0'], ['demo-east-slots'], ['demo-auth'], ['data-demo-east-s0-0']]);

    await cluster.create({ ...spec, deletionPolicy: 'RetainData' });
    await cluster.until('Stalled', 'True', 'ForeignObject');
    await cluster.edit({}, { annotations: { [annotations.adopt]: uid } });
    await cluster.until('Ready');
    expect((await api.kube.get(resourceTypes.secret, 'deletion', 'demo-auth'))?.data?.['default-password']).toBe(password);
    expect((await api.kube.get(resourceTypes.lease, 'deletion', 'demo-east-s0'))?.spec?.leaseTransitions).toBe(1002);
  });

  it('keeps what is promised where RetainData comes a moment before the deletion, and nothing the other way round', async () => {
    const cluster = await newNamespace('last-word');
    const spec = { shards: 2, storage: { size: '1Gi' } };
    const left = async (): Promise<string[]> => {
      for (const type of [resourceTypes.cacheCluster, resourceTypes.statefulSet, resourceTypes.pod, resourceTypes.service]) await gone('last-word', type, /demo/);
      await gone('last-word', resourceTypes.secret, /demo-bus/);
      const types = [resourceTypes.lease, resourceTypes.configMap, resourceTypes.secret, resourceTypes.persistentVolumeClaim];
      return (await Promise.all(types.map((type) => inNamespace('last-word', type)))).flat().map(({ metadata }) => metadata.name).filter((name) => name.includes('demo')).toSorted();
    };
    const owned = async (): Promise<void> => {
      await cluster.until('Ready');
      await eventually(async () => ((await inNamespace('last-word', resourceTypes.persistentVolumeClaim)).filter(({ metadata }) => metadata.ownerReferences !== undefined).length === 2 ? true : 'claims that their sets own'));
    };
    await cluster.create(spec);
    await owned();
    const { uid = '' } = (await cluster.get()).metadata;
    await cluster.edit({ deletionPolicy: 'RetainData' });
    await cluster.delete();
    expect(await left()).toEqual(['data-demo-east-s0-0', 'data-demo-east-s1-0', 'demo-auth', 'demo-east-s0', 'demo-east-s1', 'demo-east-slots']);

    await cluster.create({ ...spec, deletionPolicy: 'RetainData' }, { annotations: { [annotations.adopt]: uid } });
    await cluster.until('Ready');
    await cluster.until('Reconciling', 'False');
    await cluster.edit({ deletionPolicy: 'Delete' });
    await cluster.delete();
    await eventually(async () => ((await left()).length === 0 ? true : `nothing left, not ${(await left()).join(', ')}`));
  });

  it('shares slots out over more shards and fewer, as planned and approved', async () => {
    const cluster = await newNamespace('reshard');
    await cluster.create({ resharding: { approval: 'manual' } });
    await cluster.until('Ready');
    const sets = async (): Promise<number> => (await inNamespace('reshard', resourceTypes.statefulSet)).length;
    for (const shards of [3, 1]) {
      // As kubectl scale and an HPA do it.
      await api.kube.patch(resourceTypes.cacheCluster, 'reshard', 'demo', { spec: { replicas: shards } }, { subresource: 'scale' });
      const before = await sets();
      await cluster.until('Resharding', 'True', 'WaitingForApproval');
      await cluster.edit({}, { annotations: { [annotations.approve]: 'another' } });
      await eventually(async () => (((await cluster.condition('Resharding'))?.message ?? '').includes('the approval of plan another does nothing') ? true : 'a stale approval told'));
      expect(await sets()).toBe(before);
      const { plan } = (await cluster.get()).status as { plan: { hash: string; slots: number } };
      expect(plan.slots).toBe(10922);
      await cluster.edit({}, { annotations: { [annotations.approve]: plan.hash } });
      await cluster.until('Resharding', 'False');
      await eventually(async () => ((await sets()) === shards ? true : `${shards} StatefulSets`));
      await cluster.until('Reconciling', 'False');
      expect((await cluster.get()).status).toMatchObject({ shards, desiredShards: shards, phase: 'Ready' });
    }
    await gone('reshard', resourceTypes.lease, /-s[12]$/);
    await gone('reshard', resourceTypes.podDisruptionBudget, /-s[12]$/);
  });

  it('replaces pods for another image, and gives them more memory where they run', async () => {
    const cluster = await newNamespace('roll');
    nodes.joining.add('roll');
    await cluster.create({ shards: 2, image: 'registry.example/meridian:1' });
    await cluster.until('Ready');
    const pods = async (): Promise<readonly { readonly uid: string; readonly image: string; readonly memory: string }[]> =>
      (await inNamespace('roll', resourceTypes.pod)).map(({ metadata, spec }) => {
        const [container] = (spec?.containers ?? []) as { image: string; resources: { limits: { memory: string } } }[];
        return { uid: metadata.uid ?? '', image: container.image, memory: container.resources.limits.memory };
      });
    await cluster.edit({ image: 'registry.example/meridian:2' });
    // Each shard's second pod, which kept its keys meanwhile, has gone too.
    await eventually(async () => ((await pods()).map(({ image }) => image.slice(-2)).join() === ':2,:2' ? true : 'two pods, of the new image'));
    await cluster.until('RollingOut', 'False');
    await cluster.until('Ready');
    const before = (await pods()).map(({ uid }) => uid).toSorted();
    await cluster.edit({ memory: '256Mi' });
    await eventually(async () => ((await pods()).every(({ memory }) => memory === '480Mi' || memory === String(480 * 2 ** 20)) ? true : `more memory than ${(await pods()).map(({ memory }) => memory).join()}`));
    expect((await pods()).map(({ uid }) => uid).toSorted()).toEqual(before);
    await cluster.until('Reconciling', 'False');
  });

  it('writes a ServiceMonitor while its definition is installed, says when it is not, and takes it away with the field', async () => {
    const cluster = await newNamespace('monitored');
    const { serviceMonitor } = resourceTypes;
    const monitor = () => api.kube.get(serviceMonitor, 'monitored', 'demo-metrics');
    await cluster.create({ metrics: { serviceMonitor: true } });
    await cluster.until('Ready');
    expect((await cluster.until('ConfigurationWarning', 'True', 'NoServiceMonitors')).message).toContain('Prometheus operator');
    await api.define(serviceMonitor, true);
    expect((await eventually(async () => (await monitor()) ?? 'a ServiceMonitor')).spec).toMatchObject({ selector: { matchLabels: { 'meridiancache.io/cluster': 'demo' } }, endpoints: [{ port: 'metrics' }] });
    // What else there is to warn of: no machines run the pods of this API server.
    await cluster.until('ConfigurationWarning', 'True', 'TooFewMachines');
    await api.kube.patch(serviceMonitor, 'monitored', 'demo-metrics', { spec: { endpoints: [] } });
    await eventually(async () => JSON.stringify((await monitor())?.spec?.endpoints).includes('metrics') || 'the endpoint back');
    await cluster.edit({ metrics: { serviceMonitorLabels: { release: 'prometheus' } } });
    await eventually(async () => (await monitor())?.metadata.labels?.release === 'prometheus' || 'the label');
    await cluster.edit({ metrics: { serviceMonitor: false } });
    await eventually(async () => (await monitor()) === undefined || 'no ServiceMonitor');
    await cluster.edit({ metrics: { serviceMonitor: true } });
    await eventually(async () => (await monitor()) !== undefined || 'a ServiceMonitor again');
    await api.define(serviceMonitor, false);
    await cluster.until('ConfigurationWarning', 'True', 'NoServiceMonitors');
    await cluster.until('Reconciling', 'False');
    await cluster.delete();
  });

  it('grows a volume, and makes the set anew around its pod, which goes on running; where the class cannot, it says so and serves on', async () => {
    const cluster = await newNamespace('growing');
    const { persistentVolumeClaim, statefulSet, pod } = resourceTypes;
    for (const allowVolumeExpansion of [true, false]) {
      const storageClassName = allowVolumeExpansion ? 'elastic' : 'rigid';
      await api.kube.create({ group: 'storage.k8s.io', version: 'v1', plural: 'storageclasses', kind: 'StorageClass', namespaced: false }, { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: storageClassName }, provisioner: 'kubernetes.io/no-provisioner', allowVolumeExpansion });
      await api.kube.create({ group: '', version: 'v1', plural: 'persistentvolumes', kind: 'PersistentVolume', namespaced: false }, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: `${storageClassName}-1` }, spec: { storageClassName, capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: `/nowhere/${storageClassName}` } } });
    }
    await cluster.create({ regions: [{ name: 'east', storageClassName: 'elastic' }, { name: 'west', storageClassName: 'rigid' }], storage: { size: '1Gi' } });
    await cluster.until('Ready');
    // Only a claim that is bound may grow.
    await eventually(async () => (await inNamespace('growing', persistentVolumeClaim)).filter(({ status }) => status?.phase === 'Bound').length === 2 || 'two claims bound');
    const [set, running] = await Promise.all([api.kube.get(statefulSet, 'growing', 'demo-east-s0'), api.kube.get(pod, 'growing', 'demo-east-s0-0')]);
    const sizeOf = (object: KubeObject | undefined): string => JSON.stringify(object?.spec).match(/"requests":{"storage":"(\w+)"/)?.[1] ?? 'none';
    await cluster.edit({ storage: { size: '2Gi' } });
    expect((await cluster.until('Stalled', 'True', 'Refused')).message).toMatch(/demo-west-s0-0.*resize|only dynamically provisioned/s);
    await cluster.until('Ready');
    // With the other region back in a class that can, nothing stands in the way of the first.
    await api.kube.patch({ group: 'storage.k8s.io', version: 'v1', plural: 'storageclasses', kind: 'StorageClass', namespaced: false }, undefined, 'rigid', { allowVolumeExpansion: true });
    await eventually(async () => (await inNamespace('growing', persistentVolumeClaim)).every((claim) => sizeOf(claim) === '2Gi') || 'claims of 2Gi');
    await eventually(async () => {
      const now = await api.kube.get(statefulSet, 'growing', 'demo-east-s0');
      return (now !== undefined && now.metadata.uid !== set?.metadata.uid && sizeOf(now) === '2Gi') || 'a StatefulSet of larger volumes';
    });
    await cluster.until('Stalled', 'False');
    await cluster.until('Ready');
    expect((await api.kube.get(pod, 'growing', 'demo-east-s0-0'))?.metadata.uid).toBe(running?.metadata.uid);
  });

  it('keeps a waiting change in a condition, and a refused object in another', async () => {
    const cluster = await newNamespace('changes');
    await cluster.create();
    await cluster.until('Ready');
    await cluster.edit({ shards: 3, image: 'registry.example/meridian:2.0.0', resharding: { approval: 'manual' } });
    expect((await cluster.until('Resharding')).reason).toBe('WaitingForApproval');
    await cluster.until('Ready');
    await cluster.edit({ shards: 1, image: null, networkPolicy: { clientsFrom: [{ podSelector: { matchLabels: { 'not a label': 'x' } } }] } });
    expect((await cluster.until('Stalled', 'True', 'Refused')).message).toContain('NetworkPolicy');
    await cluster.edit({ networkPolicy: { clientsFrom: [] } });
    await cluster.until('Stalled', 'False');
    await cluster.edit({ networkPolicy: { enabled: false } });
    await gone('changes', resourceTypes.networkPolicy, /demo/);
    await cluster.edit({ deletionPolicy: 'RetainData' });
    await eventually(async () => {
      const owned = await Promise.all([resourceTypes.lease, resourceTypes.secret].map((type) => inNamespace('changes', type)));
      const kept = owned.flat().filter(({ metadata }) => !metadata.ownerReferences?.length).map(({ metadata }) => metadata.name);
      return kept.join() === 'demo-east-s0,demo-auth' ? true : `no owner of Lease and users, but of ${kept.join()}`;
    });
  });

  it('brings namespaces into force, of other Kubernetes namespaces too, changes them and flushes them', async () => {
    const cluster = await newNamespace('tenants');
    await api.makeNamespace('shop');
    await cluster.create({ regions: [{ name: 'east' }, { name: 'west' }], allowedNamespaces: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } });
    await cluster.until('Ready');
    const [own, away, other] = [driveNamespace(api.kube, 'tenants', 'carts'), driveNamespace(api.kube, 'shop', 'orders'), driveNamespace(api.kube, 'shop', 'other')];
    await own.create({ defaultTtl: '1m', invalidation: { webhookTokenSecretRef: { name: 'hook' } } });
    await own.until('Ready', 'True InForce');
    await away.create({ clusterRef: { name: 'demo', namespace: 'tenants' }, deletionPolicy: 'Keep' });
    await away.until('Ready', 'True InForce');
    await other.create({ clusterRef: { name: 'demo', namespace: 'tenants' }, name: 'orders' });
    // Created in one second, they go by UID.
    const [older, younger] = (await Promise.all([away, other].map(async (drive) => ({ drive, metadata: (await drive.get())?.metadata })))).toSorted((a, b) => (`${a.metadata?.creationTimestamp} ${a.metadata?.uid}` < `${b.metadata?.creationTimestamp} ${b.metadata?.uid}` ? -1 : 1));
    await younger.drive.until('Stalled', 'True NameTaken');
    await older.drive.until('Ready', 'True InForce');
    await younger.drive.delete();
    await younger.drive.untilGone();
    const documents = () => [...nodes.documents.values()].map(({ namespaces }) => namespaces.map(({ name }) => name).join());
    expect(documents()).toEqual(['carts,orders', 'carts,orders']);
    await expect(own.edit({ consistency: 'session' })).rejects.toThrow('consistency cannot be changed');
    await own.edit({ maxTtl: '2m' });
    await own.until('Ready', 'True InForce');
    expect((await own.status()).revision).toBe(Math.max(...[...nodes.documents.values()].map(({ revision }) => revision)));
    for (const one of [own, older.drive]) await one.delete();
    for (const one of [own, older.drive]) await one.untilGone();
    await eventually(() => Promise.resolve(documents().join() === ',' ? true : `no namespaces, but ${documents().join()}`));
    for (const { retired } of nodes.documents.values()) expect(retired.map(({ name }) => name)).toContain('carts');
  });

  it('tells of it in events', async () => {
    await eventually(async () => {
      const reasons = new Set((await api.kube.list(resourceTypes.event, {})).items.map((event) => String(event.reason)));
      return ['Serving', 'ForeignObject', 'LeaseMissing', 'WaitingForApproval'].every((reason) => reasons.has(reason)) ? true : `events, of ${[...reasons].join(', ')}`;
    });
  });
});

describe('rights', () => {
  const verbOf: Readonly<Record<string, string>> = { apply: 'patch', evict: 'create' };
  /** Applying what is not there creates it, which is asked for too. */
  const asked = (): Set<string> => new Set(requests.flatMap(({ verb, resource, code }) => {
    const name = (one: string): string => `${one} ${resource}`;
    return verb === 'apply' && code === 201 ? [name('create'), name('patch')] : [name(verbOf[verb] ?? verb)];
  }));
  const granted = new Set(rules.flatMap(({ apiGroups, resources, verbs }) => apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => {
    const [plural, subresource] = resource.split('/');
    return `${verb} ${plural}${group === '' ? '' : `.${group}`}${subresource ? `/${subresource}` : ''}`;
  })))));

  it('nothing that the operator asked for was forbidden', () => {
    // But for the claim of a class that cannot grow, above: that is admission's word.
    expect(requests.filter(({ code, resource }) => code === 403 && resource !== 'persistentvolumeclaims')).toEqual([]);
    expect([...asked()].filter((one) => !granted.has(one))).toEqual([]);
  });

  it('nothing is granted that it does not use or grant to nodes', () => {
    // Events are counted up by a patch half a minute later: operator/runtime/events.test.ts.
    const elsewhere = new Set(['patch events.events.k8s.io']);
    const used = asked();
    expect([...granted].filter((one) => !used.has(one) && !elsewhere.has(one))).toEqual([]);
  });
});

// Last: what a namespace on its way out forbids counts as nothing.
it('lets a namespace go with all that is in it, while no node answers', async () => {
  const cluster = await newNamespace('doomed');
  await cluster.create({ storage: { size: '1Gi' }, deletionPolicy: 'RetainData' });
  await driveNamespace(api.kube, 'doomed', 'shop').create();
  await cluster.until('Ready');
  await eventually(async () => (((await api.kube.get(resourceTypes.cacheNamespace, 'doomed', 'shop'))?.metadata.finalizers ?? []).length > 0 ? true : 'a namespace that is held'));
  nodes.silent.add('demo-east-s0-0');
  await api.kube.delete(resourceTypes.namespace, undefined, 'doomed');
  await eventually(async () => ((await api.kube.get(resourceTypes.namespace, undefined, 'doomed')) === undefined ? true : 'the namespace gone'), 90_000);
  nodes.silent.delete('demo-east-s0-0');
}, 120_000);
