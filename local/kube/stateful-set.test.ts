import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { type ManualPorts, manualPorts } from '../../test/runtime/manual-ports.ts';
import { type LocalKube, startLocalKube } from './local-kube.ts';
import { isReadyPod } from './pods/conditions.ts';
import { type VirtualRuntime, createVirtualRuntime } from './pods/virtual-runtime.ts';

const { pod, statefulSet, configMap } = resourceTypes;

interface World {
  readonly ports: ManualPorts;
  readonly virtual: VirtualRuntime;
  readonly kube: LocalKube;
  podNamed(name: string): KubeObject | undefined;
}

function world(readyAfterMs = 0): World {
  const ports = manualPorts();
  const virtual = createVirtualRuntime(ports, { readyAfterMs, stopsAfterMs: 1000 });
  const kube = startLocalKube({ ports, kubelet: { runtime: virtual.runtime } });
  return { ports, virtual, kube, podNamed: (name) => kube.api.find(pod, 'default', name) };
}

const set = (more: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 2,
    serviceName: 'web',
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'OnDelete' },
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 10,
        containers: [{ name: 'main', image: 'web:1', env: [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }], readinessProbe: { httpGet: { path: '/readyz', port: 80 }, periodSeconds: 1, failureThreshold: 2 } }],
      },
    },
    ...more,
  },
});

describe('a StatefulSet', () => {
  it('brings its pods up, ready once their probe succeeds', async () => {
    const { ports, virtual, kube, podNamed } = world(3000);
    kube.api.create(statefulSet, set());
    await ports.advance(1000);
    expect(virtual.running()).toEqual(['default/web-0', 'default/web-1']);
    expect(podNamed('web-0')).toMatchObject({ spec: { nodeName: 'virtual', hostname: 'web-0', subdomain: 'web' }, status: { phase: 'Running', podIP: '10.244.0.2', containerStatuses: [{ ready: false, restartCount: 0 }] } });
    expect(isReadyPod(podNamed('web-0')!)).toBe(false);
    await ports.advance(3000);
    expect(isReadyPod(podNamed('web-0')!)).toBe(true);
    expect(kube.api.find(statefulSet, 'default', 'web')?.status).toMatchObject({ observedGeneration: 1, replicas: 2, readyReplicas: 2, availableReplicas: 2, currentReplicas: 2, updatedReplicas: 2 });
    expect(virtual.container('default', 'web-1')?.start.env).toEqual({ NAME: 'web-1', IP: podNamed('web-1')?.status?.podIP });
  });

  it('starts a killed container again in the same pod, later and later', async () => {
    const { ports, virtual, kube, podNamed } = world();
    kube.api.create(statefulSet, set());
    await ports.advance(1000);
    const { uid } = podNamed('web-0')!.metadata;
    virtual.kill('default', 'web-0');
    await ports.advance(100);
    expect(podNamed('web-0')).toMatchObject({ metadata: { uid }, status: { containerStatuses: [{ restartCount: 1, state: { running: {} }, lastState: { terminated: { exitCode: 137 } } }] } });
    virtual.kill('default', 'web-0');
    await ports.advance(100);
    expect(podNamed('web-0')).toMatchObject({ status: { containerStatuses: [{ restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } }] } });
    expect(isReadyPod(podNamed('web-0')!)).toBe(false);
    await ports.advance(10_000);
    expect(podNamed('web-0')).toMatchObject({ metadata: { uid }, status: { containerStatuses: [{ restartCount: 2, ready: true }] } });
  });

  it('replaces a deleted pod by a new one of the same name, after it stopped gracefully', async () => {
    const { ports, virtual, kube, podNamed } = world();
    kube.api.create(statefulSet, set());
    await ports.advance(1000);
    const { uid } = podNamed('web-0')!.metadata;
    kube.api.remove(pod, 'default', 'web-0');
    await ports.advance(500);
    expect(podNamed('web-0')?.metadata).toMatchObject({ uid, deletionGracePeriodSeconds: 10 });
    await ports.advance(3000);
    expect(podNamed('web-0')?.metadata.uid).not.toBe(uid);
    expect(isReadyPod(podNamed('web-0')!)).toBe(true);
    expect(virtual.log.filter((line) => line.includes('web-0') && !line.startsWith('refresh'))).toEqual(['start default/web-0 0', 'terminate default/web-0', 'exit default/web-0 0', 'release default/web-0', 'start default/web-0 0']);
  });

  it('kills what ignores SIGTERM when the grace is over, and at once when forced', async () => {
    const { ports, virtual, kube, podNamed } = world();
    kube.api.create(statefulSet, set());
    await ports.advance(1000);
    const { uid } = podNamed('web-0')!.metadata;
    virtual.ignoreTerminate('default', 'web-0');
    kube.api.remove(pod, 'default', 'web-0');
    await ports.advance(9000);
    expect(podNamed('web-0')?.metadata.uid).toBe(uid);
    await ports.advance(1500);
    expect(podNamed('web-0')?.metadata.uid).not.toBe(uid);
    const second = podNamed('web-1')!.metadata.uid;
    kube.api.remove(pod, 'default', 'web-1', { gracePeriodSeconds: 0 });
    expect(podNamed('web-1')).toBeUndefined();
    await ports.advance(1000);
    expect(podNamed('web-1')?.metadata.uid).not.toBe(second);
    expect(virtual.log).toContain('exit default/web-1 137');
  });

  it('scales in from the highest ordinal and goes with all its pods', async () => {
    const { ports, virtual, kube } = world();
    kube.api.create(statefulSet, set({ replicas: 3 }));
    await ports.advance(1000);
    kube.api.patch(statefulSet, 'default', 'web', { type: 'merge', patch: { spec: { replicas: 1 } } }, { subresource: 'scale' });
    await ports.advance(3000);
    expect(virtual.running()).toEqual(['default/web-0']);
    kube.api.remove(statefulSet, 'default', 'web');
    await ports.advance(3000);
    expect(virtual.running()).toEqual([]);
    expect(kube.api.list(pod).items).toEqual([]);
  });

  it('orphans its pods when told to, and adopts them again', async () => {
    const { ports, kube, podNamed } = world();
    kube.api.create(statefulSet, set());
    await ports.advance(1000);
    const uids = ['web-0', 'web-1'].map((name) => podNamed(name)!.metadata.uid);
    kube.api.remove(statefulSet, 'default', 'web', { propagationPolicy: 'Orphan' });
    await ports.advance(1000);
    expect(kube.api.find(statefulSet, 'default', 'web')).toBeUndefined();
    expect(podNamed('web-0')?.metadata.ownerReferences).toBeUndefined();
    const again = kube.api.create(statefulSet, set());
    await ports.advance(1000);
    expect(['web-0', 'web-1'].map((name) => podNamed(name)!.metadata.uid)).toEqual(uids);
    expect(podNamed('web-0')?.metadata.ownerReferences).toMatchObject([{ uid: again.metadata.uid, controller: true }]);
  });

  it('leaves running pods alone under OnDelete and rolls them one by one under RollingUpdate', async () => {
    const { ports, kube, podNamed } = world();
    kube.api.create(statefulSet, set());
    await ports.advance(1000);
    const image = { spec: { template: { spec: { containers: [{ name: 'main', image: 'web:2' }] } } } };
    kube.api.patch(statefulSet, 'default', 'web', { type: 'strategic', patch: image });
    await ports.advance(3000);
    expect(kube.api.find(statefulSet, 'default', 'web')?.status).toMatchObject({ observedGeneration: 2, currentReplicas: 2, readyReplicas: 2 });
    expect(podNamed('web-0')?.spec?.containers).toMatchObject([{ image: 'web:1' }]);
    kube.api.patch(statefulSet, 'default', 'web', { type: 'merge', patch: { spec: { updateStrategy: { type: 'RollingUpdate' } } } });
    await ports.advance(30_000);
    expect(podNamed('web-0')?.spec?.containers).toMatchObject([{ image: 'web:2' }]);
    const status = kube.api.find(statefulSet, 'default', 'web')?.status as { currentRevision: string; updateRevision: string };
    expect(status.currentRevision).toBe(status.updateRevision);
  });

  it('waits for a missing ConfigMap and shows changed ones to running containers', async () => {
    const { ports, virtual, kube, podNamed } = world();
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:1', volumeMounts: [{ name: 'config', mountPath: '/config' }] }], volumes: [{ name: 'config', configMap: { name: 'settings' } }] } };
    kube.api.create(statefulSet, set({ template, replicas: 1 }));
    await ports.advance(1000);
    expect(podNamed('web-0')).toMatchObject({ status: { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }] } });
    kube.api.create(configMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'default' }, data: { a: '1' } });
    await ports.advance(1000);
    const content = (): unknown => virtual.container('default', 'web-0')?.inputs.mounts.map((mount) => (mount.kind === 'files' ? Object.fromEntries([...mount.files].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])) : mount));
    expect(content()).toEqual([{ a: '1' }]);
    kube.api.patch(configMap, 'default', 'settings', { type: 'merge', patch: { data: { a: '2' } } });
    await ports.advance(1000);
    expect(content()).toEqual([{ a: '2' }]);
  });

  it('keeps claims over the life of pods and drops them as its retention policy says', async () => {
    const { ports, kube } = world();
    const claims = (): string[] => kube.api.list(resourceTypes.persistentVolumeClaim).items.map(({ metadata }) => metadata.name);
    const template = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
    kube.api.create(statefulSet, set({ volumeClaimTemplates: [template], persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain', whenDeleted: 'Delete' } }));
    await ports.advance(1000);
    expect(claims()).toEqual(['data-web-0', 'data-web-1']);
    kube.api.patch(statefulSet, 'default', 'web', { type: 'merge', patch: { spec: { replicas: 1 } } });
    await ports.advance(3000);
    expect(claims()).toEqual(['data-web-0', 'data-web-1']);
    kube.api.remove(statefulSet, 'default', 'web');
    await ports.advance(5000);
    expect(claims()).toEqual([]);
  });
});
