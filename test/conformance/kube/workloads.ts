import { describe, expect, it } from 'vitest';
import type { KubeObject, KubePort } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { type Subject, becomeReady, failureOf, until, untilGone, untilObject } from './subject.ts';

const { pod, statefulSet, podDisruptionBudget, persistentVolumeClaim } = resourceTypes;

const set = (namespace: string, more: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web', namespace },
  spec: {
    replicas: 2,
    serviceName: 'web',
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'OnDelete' },
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { automountServiceAccountToken: false, containers: [{ name: 'main', image: 'web:1', env: [{ name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }] } },
    ...more,
  },
});

const budget = (namespace: string, spec: Record<string, unknown>, name = 'web'): KubeObject => ({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace }, spec: { selector: { matchLabels: { app: 'web' } }, ...spec } });

const namesOf = (objects: readonly KubeObject[]): readonly string[] => objects.map(({ metadata }) => metadata.name);

async function untilPods(port: KubePort, namespace: string, names: readonly string[]): Promise<readonly KubeObject[]> {
  return await until(port, pod, namespace, `pods ${names.join()}`, (pods) => namesOf(pods).join() === names.join());
}

const untilSet = (port: KubePort, namespace: string, what: string, wanted: (status: Record<string, unknown>) => boolean): Promise<KubeObject> =>
  untilObject(port, statefulSet, namespace, 'web', what, (object) => wanted(object.status ?? {}));

export function workloads(subject: () => Subject): void {
  describe('a StatefulSet', () => {
    it('makes its pods at once, by name, and counts those that are ready', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const made = await port.create(statefulSet, set(namespace));
      expect(made.metadata.generation).toBe(1);
      const [first] = await untilPods(port, namespace, ['web-0', 'web-1']);
      expect(first.metadata.labels).toMatchObject({ app: 'web', 'statefulset.kubernetes.io/pod-name': 'web-0', 'apps.kubernetes.io/pod-index': '0', 'controller-revision-hash': expect.stringMatching(/^web-/) });
      expect(first.metadata.ownerReferences).toEqual([{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: made.metadata.uid, controller: true, blockOwnerDeletion: true }]);
      expect(first.spec).toMatchObject({ hostname: 'web-0', subdomain: 'web', restartPolicy: 'Always', terminationGracePeriodSeconds: 30, containers: [{ terminationMessagePath: '/dev/termination-log', env: [{ valueFrom: { fieldRef: { apiVersion: 'v1' } } }] }] });
      await becomeReady(port, namespace, 'web-0');
      const one = await untilSet(port, namespace, 'one ready', (status) => status.readyReplicas === 1);
      expect(one.status).toMatchObject({ observedGeneration: 1, replicas: 2, currentReplicas: 2, updatedReplicas: 2, updateRevision: first.metadata.labels?.['controller-revision-hash'] });
      await becomeReady(port, namespace, 'web-1');
      await untilSet(port, namespace, 'both available', (status) => status.availableReplicas === 2);
      await becomeReady(port, namespace, 'web-0', false);
      await untilSet(port, namespace, 'one left', (status) => status.readyReplicas === 1);
    });

    it('makes a deleted pod anew, with another UID', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(statefulSet, set(namespace));
      const [before] = await untilPods(port, namespace, ['web-0', 'web-1']);
      await port.delete(pod, namespace, 'web-0', { uid: before.metadata.uid });
      const after = await until(port, pod, namespace, 'another web-0', (pods) => pods.length === 2 && pods[0].metadata.uid !== before.metadata.uid);
      expect(namesOf(after)).toEqual(['web-0', 'web-1']);
    });

    it('is scaled through its subresource, and loses the highest pods first', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(statefulSet, set(namespace));
      await untilPods(port, namespace, ['web-0', 'web-1']);
      const scale = await port.patch(statefulSet, namespace, 'web', { spec: { replicas: 3 } }, { subresource: 'scale' });
      expect(scale).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 3 }, status: { selector: 'app=web' } });
      await untilPods(port, namespace, ['web-0', 'web-1', 'web-2']);
      const stored = await port.get(statefulSet, namespace, 'web');
      expect(stored).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 3 } });
      await port.patch(statefulSet, namespace, 'web', { spec: { replicas: 1 } });
      await untilPods(port, namespace, ['web-0']);
      await untilSet(port, namespace, 'one counted', (status) => status.replicas === 1);
    });

    it('leaves pods of an older template alone (OnDelete) and uses the new one for new pods', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(statefulSet, set(namespace));
      const [before] = await untilPods(port, namespace, ['web-0', 'web-1']);
      for (const name of ['web-0', 'web-1']) await becomeReady(port, namespace, name);
      const template = { metadata: { labels: { app: 'web' } }, spec: { automountServiceAccountToken: false, containers: [{ name: 'main', image: 'web:2' }] } };
      await port.patch(statefulSet, namespace, 'web', { spec: { template } });
      const status = (await untilSet(port, namespace, 'the change seen', (seen) => seen.observedGeneration === 2)).status;
      expect(status?.updateRevision).not.toBe(status?.currentRevision);
      expect(namesOf((await port.list(pod, { namespace })).items)).toEqual(['web-0', 'web-1']);
      expect((await port.get(pod, namespace, 'web-0'))?.metadata.uid).toBe(before.metadata.uid);
      await port.delete(pod, namespace, 'web-0');
      const [after] = await until(port, pod, namespace, 'another web-0', (pods) => pods.length === 2 && pods[0].metadata.uid !== before.metadata.uid);
      expect(after.spec?.containers).toMatchObject([{ image: 'web:2' }]);
      expect(after.metadata.labels?.['controller-revision-hash']).toBe(status?.updateRevision);
    });

    it('leaves its pods when it is orphaned and adopts them when it comes back', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(statefulSet, set(namespace));
      const before = await untilPods(port, namespace, ['web-0', 'web-1']);
      await port.delete(statefulSet, namespace, 'web', { propagationPolicy: 'Orphan' });
      await untilGone(port, statefulSet, namespace, 'web');
      expect((await port.get(pod, namespace, 'web-0'))?.metadata.ownerReferences).toBeUndefined();
      const again = await port.create(statefulSet, set(namespace));
      const adopted = await until(port, pod, namespace, 'adopted', (pods) => pods.length === 2 && pods.every(({ metadata }) => metadata.ownerReferences?.[0]?.uid === again.metadata.uid));
      expect(adopted.map(({ metadata }) => metadata.uid)).toEqual(before.map(({ metadata }) => metadata.uid));
    });

    it('takes its pods with it when it is deleted', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(statefulSet, set(namespace));
      await untilPods(port, namespace, ['web-0', 'web-1']);
      await port.delete(statefulSet, namespace, 'web', { propagationPolicy: 'Background' });
      await untilPods(port, namespace, []);
    });

    it('makes claims for its pods, keeps them on scaling in, drops them when it is deleted with that policy', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const volumeClaimTemplates = [{ metadata: { name: 'data', labels: { own: 'yes' } }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }];
      const made = await port.create(statefulSet, set(namespace, { volumeClaimTemplates, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain', whenDeleted: 'Delete' } }));
      const claimNames = async (): Promise<readonly string[]> => namesOf((await port.list(persistentVolumeClaim, { namespace })).items);
      const [first] = await untilPods(port, namespace, ['web-0', 'web-1']);
      expect(first.spec?.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: 'data-web-0' } });
      expect(await claimNames()).toEqual(['data-web-0', 'data-web-1']);
      const claim = await untilObject(port, persistentVolumeClaim, namespace, 'data-web-0', 'owned', ({ metadata }) => metadata.ownerReferences?.[0]?.uid === made.metadata.uid);
      expect(claim.metadata.labels).toEqual({ app: 'web', own: 'yes' });
      await port.patch(statefulSet, namespace, 'web', { spec: { replicas: 1 } });
      await untilPods(port, namespace, ['web-0']);
      expect(await claimNames()).toEqual(['data-web-0', 'data-web-1']);
      await port.delete(statefulSet, namespace, 'web');
      await until(port, persistentVolumeClaim, namespace, 'claims going', (claims) => claims.every(({ metadata }) => metadata.deletionTimestamp !== undefined));
    });

    it('refuses changes of what cannot change', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(statefulSet, set(namespace));
      const refused = await failureOf(port.patch(statefulSet, namespace, 'web', { spec: { serviceName: 'other' } }));
      expect(refused).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(refused.message).toMatch(/^StatefulSet\.apps "web" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas'/);
    });
  });

  describe('eviction', () => {
    const ready = async (namespace: string, spec: Record<string, unknown>): Promise<void> => {
      const { port } = subject();
      await port.create(statefulSet, set(namespace));
      await port.create(podDisruptionBudget, budget(namespace, spec));
      await untilPods(port, namespace, ['web-0', 'web-1']);
      for (const name of ['web-0', 'web-1']) await becomeReady(port, namespace, name);
    };
    const untilAllowed = (namespace: string, allowed: number, healthy: number): Promise<KubeObject> =>
      untilObject(subject().port, podDisruptionBudget, namespace, 'web', `${allowed} allowed`, ({ status, metadata }) => status?.disruptionsAllowed === allowed && status.currentHealthy === healthy && status.observedGeneration === metadata.generation);

    it('deletes a pod while the budget allows it, and is told to wait when not', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await ready(namespace, { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'IfHealthyBudget' });
      expect((await untilAllowed(namespace, 1, 2)).status).toMatchObject({ desiredHealthy: 1, expectedPods: 2 });
      const before = await port.get(pod, namespace, 'web-0');
      await port.evict(namespace, 'web-0', { uid: before?.metadata.uid });
      await until(port, pod, namespace, 'another web-0', (pods) => pods.length === 2 && pods[0].metadata.uid !== before?.metadata.uid);
      await untilAllowed(namespace, 0, 1);
      expect(await failureOf(port.evict(namespace, 'web-1'))).toMatchObject({
        code: 429,
        reason: 'TooManyRequests',
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget web needs 1 healthy pods and has 1 currently' }],
      });
      await becomeReady(port, namespace, 'web-0');
      await untilAllowed(namespace, 1, 2);
    });

    it('counts by minAvailable too', async () => {
      const namespace = await subject().namespace();
      await ready(namespace, { minAvailable: 2 });
      await untilAllowed(namespace, 0, 2);
      expect(await failureOf(subject().port.evict(namespace, 'web-0'))).toMatchObject({ code: 429 });
    });

    it('refuses another UID, a missing pod and a pod of two budgets', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await ready(namespace, { maxUnavailable: 1 });
      await untilAllowed(namespace, 1, 2);
      expect(await failureOf(port.evict(namespace, 'web-0', { uid: '00000000-0000-4000-8000-000000000000' }))).toMatchObject({ code: 409 });
      expect(await failureOf(port.evict(namespace, 'web-9'))).toMatchObject({ code: 404 });
      await port.create(podDisruptionBudget, budget(namespace, { maxUnavailable: 1 }, 'second'));
      expect(await failureOf(port.evict(namespace, 'web-0'))).toMatchObject({ code: 500 });
    });
  });
}
