import { describe, expect, it } from 'vitest';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { type Subject, configMap, failureOf } from './subject.ts';

const type = resourceTypes.configMap;

export function objectsAndLists(subject: () => Subject): void {
  describe('create and get', () => {
    it('sets what only a server can set', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const made = await port.create(type, configMap(namespace, 'a', { data: { x: '1' } }));
      expect(made).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { x: '1' } });
      expect(made.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(await port.get(type, namespace, 'a')).toEqual(made);
      expect(await port.get(type, namespace, 'b')).toBeUndefined();
    });

    it('refuses a second one of the name', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, configMap(namespace, 'a'));
      expect(await failureOf(port.create(type, configMap(namespace, 'a')))).toMatchObject({ code: 409, reason: 'AlreadyExists', message: 'configmaps "a" already exists' });
    });

    it('makes a name from generateName', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'some-', namespace } as never };
      const [one, two] = [await port.create(type, object), await port.create(type, object)];
      expect(one.metadata.name).toMatch(/^some-[a-z0-9]{5}$/);
      expect(two.metadata.name).not.toBe(one.metadata.name);
    });

    it('refuses names that are none', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const refused = await failureOf(port.create(type, configMap(namespace, 'Not_A_Name')));
      expect(refused).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(refused.message).toContain('ConfigMap "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of');
    });

    it('creates nothing in a namespace that is going', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, configMap(namespace, 'held', { metadata: { name: 'held', namespace, finalizers: ['example.com/hold'] } }));
      await port.delete(resourceTypes.namespace, undefined, namespace);
      expect(await failureOf(port.create(type, configMap(namespace, 'late')))).toMatchObject({ code: 403, reason: 'Forbidden' });
      await port.patch(type, namespace, 'held', { metadata: { finalizers: null } });
    });

    it('stores nothing on a dry run', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const answer = await port.create(type, configMap(namespace, 'a'), { dryRun: true });
      expect(answer.metadata.uid).toBeDefined();
      expect(await port.get(type, namespace, 'a')).toBeUndefined();
      await port.create(type, configMap(namespace, 'a', { data: { x: '1' } }));
      expect((await port.patch(type, namespace, 'a', { data: { x: '2' } }, { dryRun: true })).data).toEqual({ x: '2' });
      await port.delete(type, namespace, 'a', { dryRun: true });
      expect((await port.get(type, namespace, 'a'))?.data).toEqual({ x: '1' });
    });
  });

  describe('list', () => {
    it('selects by labels and by name', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const labels: Record<string, Record<string, string>> = { a: { app: 'x', tier: '1' }, b: { app: 'x' }, c: { app: 'y', tier: '1' }, d: {} };
      for (const [name, own] of Object.entries(labels)) await port.create(type, configMap(namespace, name, { labels: own, data: { who: 'test' } }));
      const names = async (labelSelector?: string, fieldSelector?: string): Promise<readonly string[]> => {
        const { items } = await port.list(type, { namespace, labelSelector, fieldSelector });
        return items.filter((item) => item.data?.who === 'test').map(({ metadata }) => metadata.name);
      };
      expect(await names()).toEqual(['a', 'b', 'c', 'd']);
      expect(await names('app=x')).toEqual(['a', 'b']);
      expect(await names('app!=x')).toEqual(['c', 'd']);
      expect(await names('app in (x,y),tier')).toEqual(['a', 'c']);
      expect(await names('app notin (y),!tier')).toEqual(['b', 'd']);
      expect(await names(undefined, 'metadata.name=c')).toEqual(['c']);
      expect(await names(undefined, 'metadata.name!=c')).toEqual(['a', 'b', 'd']);
      expect(await failureOf(port.list(type, { namespace, labelSelector: 'a===b' }))).toMatchObject({ code: 400 });
      expect(await failureOf(port.list(type, { namespace, fieldSelector: 'data.x=1' }))).toMatchObject({ code: 400 });
    });

    it('comes in pages that have one resource version', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      for (const name of ['a', 'b', 'c', 'd', 'e']) await port.create(type, configMap(namespace, name, { labels: { paged: 'yes' } }));
      const first = await port.list(type, { namespace, labelSelector: 'paged=yes', limit: 2 });
      const second = await port.list(type, { namespace, labelSelector: 'paged=yes', limit: 2, continue: first.continue });
      const third = await port.list(type, { namespace, labelSelector: 'paged=yes', limit: 2, continue: second.continue });
      const pages = [first, second, third];
      expect(pages.map(({ items }) => items.map(({ metadata }) => metadata.name))).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
      expect(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
      expect(third.continue ?? '').toBe('');
    });
  });

  describe('replace and patch', () => {
    it('refuses to write over a newer version', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const first = await port.create(type, configMap(namespace, 'a', { data: { x: '1' } }));
      const second = await port.replace(type, { ...first, data: { x: '2' } });
      expect(second.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
      expect(await failureOf(port.replace(type, { ...first, data: { x: '3' } }))).toMatchObject({
        code: 409,
        reason: 'Conflict',
        message: 'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
      });
      expect((await port.get(type, namespace, 'a'))?.data).toEqual({ x: '2' });
    });

    it('refuses another UID, and what is not there', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, configMap(namespace, 'a'));
      const other = configMap(namespace, 'a', { metadata: { name: 'a', namespace, uid: '00000000-0000-4000-8000-000000000000' } });
      expect(await failureOf(port.replace(type, other))).toMatchObject({ code: 409, reason: 'Conflict' });
      const patched = await failureOf(port.patch(type, namespace, 'a', { metadata: { uid: other.metadata.uid } }));
      expect([patched.code, patched.reason, patched.message]).toEqual([422, 'Invalid', `ConfigMap "a" is invalid: metadata.uid: Invalid value: "${other.metadata.uid}": field is immutable`]);
      expect(await failureOf(port.replace(type, configMap(namespace, 'b')))).toMatchObject({ code: 404, reason: 'NotFound', message: 'configmaps "b" not found' });
      expect(await failureOf(port.patch(type, namespace, 'b', {}))).toMatchObject({ code: 404 });
    });

    it('does not store a write that changes nothing', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const made = await port.create(type, configMap(namespace, 'a', { data: { x: '1' } }));
      const patched = await port.patch(type, namespace, 'a', { data: { x: '1' } });
      expect(patched.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    });

    it('merges a patch, null removing', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, configMap(namespace, 'a', { data: { x: '1', y: '1' }, labels: { l: '1' } }));
      const patched = await port.patch(type, namespace, 'a', { data: { x: null, z: '3' }, metadata: { labels: null } });
      expect(patched.data).toEqual({ y: '1', z: '3' });
      expect(patched.metadata.labels).toBeUndefined();
    });

    it('lets one of many concurrent compare-and-swap writers through', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const lease = await port.create(resourceTypes.lease, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l', namespace }, spec: { leaseDurationSeconds: 5 } });
      const results = await Promise.allSettled(['a', 'b', 'c', 'd'].map((holderIdentity) => port.replace(resourceTypes.lease, { ...lease, spec: { ...lease.spec, holderIdentity } })));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 409, reason: 'Conflict' });
    });

    it('wants a version in a PUT of a Lease', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l', namespace }, spec: { leaseDurationSeconds: 5 } };
      await port.create(resourceTypes.lease, lease);
      const refused = await failureOf(port.replace(resourceTypes.lease, lease));
      expect(refused).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(refused.message).toBe('leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update');
    });
  });
}
