import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { type Subject, configMap, failureOf, untilGone, untilObject } from './subject.ts';

const type = resourceTypes.configMap;

const ownedBy = (namespace: string, name: string, owners: readonly KubeObject[], more: { readonly blockOwnerDeletion?: boolean; readonly finalizers?: string[] } = {}): KubeObject => {
  const { finalizers, ...reference } = more;
  const ownerReferences = owners.map(({ apiVersion, kind, metadata }) => ({ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', ...reference }));
  return configMap(namespace, name, { metadata: { name, namespace, ownerReferences, ...(finalizers ? { finalizers } : {}) } });
};

export function deletes(subject: () => Subject): void {
  describe('delete', () => {
    it('says whether there was anything', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, configMap(namespace, 'a'));
      expect(await port.delete(type, namespace, 'a')).toBe(true);
      expect(await port.delete(type, namespace, 'a')).toBe(false);
    });

    it('holds its preconditions', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const made = await port.create(type, configMap(namespace, 'a'));
      const other = '00000000-0000-4000-8000-000000000000';
      const refused = await failureOf(port.delete(type, namespace, 'a', { uid: other }));
      expect(refused).toMatchObject({ code: 409, reason: 'Conflict' });
      expect(refused.message).toContain(`the UID in the precondition (${other}) does not match the UID in record (${made.metadata.uid})`);
      await port.patch(type, namespace, 'a', { data: { x: '1' } });
      expect(await failureOf(port.delete(type, namespace, 'a', { uid: made.metadata.uid, resourceVersion: made.metadata.resourceVersion }))).toMatchObject({ code: 409, reason: 'Conflict' });
      expect(await port.delete(type, namespace, 'a', { uid: made.metadata.uid })).toBe(true);
    });

    it('waits for finalizers', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, configMap(namespace, 'a', { metadata: { name: 'a', namespace, finalizers: ['example.com/one', 'example.com/two'] } }));
      expect(await port.delete(type, namespace, 'a')).toBe(true);
      const marked = await port.get(type, namespace, 'a');
      expect(marked?.metadata).toMatchObject({ deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 0, finalizers: ['example.com/one', 'example.com/two'] });
      const added = await failureOf(port.patch(type, namespace, 'a', { metadata: { finalizers: ['example.com/one', 'example.com/three'] } }));
      expect(added).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(added.message).toContain('metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/three"}');
      await port.patch(type, namespace, 'a', { metadata: { finalizers: ['example.com/two'] } });
      expect(await port.get(type, namespace, 'a')).toBeDefined();
      await port.patch(type, namespace, 'a', { metadata: { finalizers: null } });
      expect(await port.get(type, namespace, 'a')).toBeUndefined();
    });
  });

  describe('garbage collection', () => {
    it('deletes what has lost its last owner', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const [one, two] = [await port.create(type, configMap(namespace, 'one')), await port.create(type, configMap(namespace, 'two'))];
      await port.create(type, ownedBy(namespace, 'of-one', [one]));
      await port.create(type, ownedBy(namespace, 'of-both', [one, two]));
      const child = (await port.get(type, namespace, 'of-one')) as KubeObject;
      await port.create(type, ownedBy(namespace, 'grandchild', [child]));
      await port.delete(type, namespace, 'one', { propagationPolicy: 'Background' });
      await untilGone(port, type, namespace, 'of-one');
      await untilGone(port, type, namespace, 'grandchild');
      const left = await untilObject(port, type, namespace, 'of-both', 'one owner left', ({ metadata }) => metadata.ownerReferences?.length === 1);
      expect(left.metadata.ownerReferences?.[0].name).toBe('two');
    });

    it('deletes what names an owner that never was', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, ownedBy(namespace, 'a', [configMap(namespace, 'never', { metadata: { name: 'never', namespace, uid: '00000000-0000-4000-8000-000000000001' } })]));
      await untilGone(port, type, namespace, 'a');
    });

    it('orphans', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const owner = await port.create(type, configMap(namespace, 'owner'));
      await port.create(type, ownedBy(namespace, 'owned', [owner]));
      await port.delete(type, namespace, 'owner', { propagationPolicy: 'Orphan' });
      await untilGone(port, type, namespace, 'owner');
      expect((await port.get(type, namespace, 'owned'))?.metadata.ownerReferences).toBeUndefined();
    });

    it('keeps an owner until its blocking dependents are gone (foreground)', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const owner = await port.create(type, configMap(namespace, 'owner'));
      await port.create(type, ownedBy(namespace, 'owned', [owner], { blockOwnerDeletion: true, finalizers: ['example.com/hold'] }));
      await port.delete(type, namespace, 'owner', { propagationPolicy: 'Foreground' });
      await untilObject(port, type, namespace, 'owned', 'marked', ({ metadata }) => metadata.deletionTimestamp !== undefined);
      expect((await port.get(type, namespace, 'owner'))?.metadata.finalizers).toEqual(['foregroundDeletion']);
      await port.patch(type, namespace, 'owned', { metadata: { finalizers: null } });
      await untilGone(port, type, namespace, 'owner');
    });

    it('empties a deleted namespace', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, configMap(namespace, 'a', { metadata: { name: 'a', namespace, finalizers: ['example.com/hold'] } }));
      await port.delete(resourceTypes.namespace, undefined, namespace);
      await untilObject(port, type, namespace, 'a', 'marked', ({ metadata }) => metadata.deletionTimestamp !== undefined);
      expect((await port.get(resourceTypes.namespace, undefined, namespace))?.status?.phase).toBe('Terminating');
      await port.patch(type, namespace, 'a', { metadata: { finalizers: null } });
      await untilGone(port, type, namespace, 'a');
    });
  });
}
