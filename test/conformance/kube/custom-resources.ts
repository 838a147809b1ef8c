import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { type Subject, failureOf } from './subject.ts';

const type = resourceTypes.cacheCluster;

const cluster = (namespace: string, spec: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: 'meridiancache.io/v1alpha1',
  kind: 'CacheCluster',
  metadata: { name: 'c', namespace },
  spec: { memory: '64Mi', regions: [{ name: 'us' }], ...spec },
});

export function customResources(subject: () => Subject): void {
  describe('a CacheCluster', () => {
    it('is stored with its defaults and counts changes of its spec only', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const made = await port.create(type, { ...cluster(namespace), status: { phase: 'Ready' } });
      expect(made.spec).toMatchObject({ shards: 1, replicas: 0, eviction: 'allkeys-s3fifo', deletionPolicy: 'Delete' });
      expect(made.status).toBeUndefined();
      expect(made.metadata.generation).toBe(1);
      const labelled = await port.patch(type, namespace, 'c', { metadata: { labels: { a: 'b' } } });
      expect(labelled.metadata.generation).toBe(1);
      const changed = await port.patch(type, namespace, 'c', { spec: { shards: 2 } });
      expect(changed.metadata.generation).toBe(2);
    });

    it('has a status that only its subresource changes', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, cluster(namespace));
      const told = await port.patch(type, namespace, 'c', { status: { phase: 'Ready', shards: 1 }, spec: { shards: 7 } }, { subresource: 'status' });
      expect(told).toMatchObject({ metadata: { generation: 1 }, spec: { shards: 1 }, status: { phase: 'Ready', shards: 1 } });
      const kept = await port.patch(type, namespace, 'c', { status: { phase: 'Other' }, spec: { shards: 2 } });
      expect(kept).toMatchObject({ metadata: { generation: 2 }, spec: { shards: 2 }, status: { phase: 'Ready' } });
      const replaced = await port.replace(type, { ...kept, status: { phase: 'Later' } }, { subresource: 'status' });
      expect(replaced.status).toEqual({ phase: 'Later' });
    });

    it('is scaled by shards', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, cluster(namespace, { shards: 2 }));
      await port.patch(type, namespace, 'c', { status: { shards: 2, selector: 'a=b' } }, { subresource: 'status' });
      const scale = await port.patch(type, namespace, 'c', { spec: { replicas: 3 } }, { subresource: 'scale' });
      expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 3 }, status: { replicas: 2, selector: 'a=b' } });
      expect((await port.get(type, namespace, 'c'))?.spec?.shards).toBe(3);
      expect(await failureOf(port.patch(type, namespace, 'c', { spec: { replicas: 5000 } }, { subresource: 'scale' }))).toMatchObject({ code: 422 });
    });

    it('is refused with the sentence of the rule', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const refused = await failureOf(port.create(type, cluster(namespace, { shards: 0, regions: [] })));
      expect(refused).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(refused.message).toContain('CacheCluster.meridiancache.io "c" is invalid: ');
      expect(refused.message).toContain('spec.shards: Invalid value: 0: spec.shards in body should be greater than or equal to 1');
      await port.create(type, cluster(namespace));
      expect(await failureOf(port.patch(type, namespace, 'c', { spec: { memory: '1Mi' } }))).toMatchObject({ code: 422 });
    });

    it('wants a version in a PUT and drops what its schema does not know', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const made = await port.create(type, cluster(namespace, { unknown: 'field' }));
      expect(made.spec).not.toHaveProperty('unknown');
      const refused = await failureOf(port.replace(type, cluster(namespace)));
      expect(refused).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(refused.message).toBe('cacheclusters.meridiancache.io "c" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update');
    });

    it('counts the mark of its deletion as a change', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, { ...cluster(namespace), metadata: { name: 'c', namespace, finalizers: ['example.com/hold'] } });
      await port.delete(type, namespace, 'c');
      expect((await port.get(type, namespace, 'c'))?.metadata).toMatchObject({ generation: 2, deletionTimestamp: expect.any(String) });
      await port.patch(type, namespace, 'c', { metadata: { finalizers: null } });
      expect(await port.get(type, namespace, 'c')).toBeUndefined();
    });
  });

  describe('an Event', () => {
    it('is stored as it was sent and found by what it is about', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const made = await port.create(type, cluster(namespace));
      const regarding = { apiVersion: made.apiVersion, kind: made.kind, name: 'c', namespace, uid: made.metadata.uid };
      const event = {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: 'c.1', namespace },
        eventTime: '2026-01-01T00:00:00.000001Z',
        type: 'Normal',
        reason: 'Created',
        action: 'Create',
        note: 'made it',
        reportingController: 'meridiancache.io/operator',
        reportingInstance: 'operator-0',
        regarding,
      };
      const stored = await port.create(resourceTypes.event, event);
      expect(stored).toMatchObject({ note: 'made it', eventTime: '2026-01-01T00:00:00.000001Z', regarding });
      const { items } = await port.list(resourceTypes.event, { namespace });
      expect(items.map(({ metadata }) => metadata.name)).toEqual(['c.1']);
    });
  });
}
