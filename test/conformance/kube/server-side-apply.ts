import { describe, expect, it } from 'vitest';
import type { KubeObject, KubePort } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { type Subject, configMap, failureOf } from './subject.ts';

const type = resourceTypes.configMap;

const service = (namespace: string, ports: readonly Record<string, unknown>[], more: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', namespace },
  spec: { selector: { app: 'x' }, ports, ...more },
});

const managersOf = (object: KubeObject): readonly { readonly manager: string; readonly operation: string; readonly subresource?: string; readonly fieldsV1: object }[] => (object.metadata.managedFields ?? []) as never;

const portNames = ({ spec }: KubeObject): readonly string[] => ((spec?.ports ?? []) as readonly { name: string }[]).map(({ name }) => name);

const apply = (port: KubePort, object: KubeObject, fieldManager: string, force = false): Promise<KubeObject> => port.apply(type, object, { fieldManager, force });

export function serverSideApply(subject: () => Subject): void {
  describe('server-side apply', () => {
    it('creates, notes who owns what, and stores nothing when nothing changes', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const made = await apply(port, configMap(namespace, 'a', { data: { x: '1' }, labels: { l: '1' } }), 'one');
      expect(managersOf(made)).toMatchObject([{ manager: 'one', operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { 'f:x': {} }, 'f:metadata': { 'f:labels': { 'f:l': {} } } } }]);
      const again = await apply(port, configMap(namespace, 'a', { data: { x: '1' }, labels: { l: '1' } }), 'one');
      expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    });

    it('removes what is no longer applied and leaves what others own', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await apply(port, configMap(namespace, 'a', { data: { x: '1', y: '1' } }), 'one');
      await apply(port, configMap(namespace, 'a', { data: { y: '1', z: '2' } }), 'two');
      const after = await apply(port, configMap(namespace, 'a', { data: {} }), 'one');
      expect(after.data).toEqual({ y: '1', z: '2' });
      await apply(port, configMap(namespace, 'a', {}), 'two');
      expect((await port.get(type, namespace, 'a'))?.data).toBeUndefined();
    });

    it('refuses to change what another owns, unless forced', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await apply(port, configMap(namespace, 'a', { data: { x: '1' } }), 'one');
      expect(await failureOf(apply(port, configMap(namespace, 'a', { data: { x: '2' } }), 'two'))).toMatchObject({
        code: 409,
        reason: 'Conflict',
        message: 'Apply failed with 1 conflict: conflict with "one": .data.x',
        causes: [{ reason: 'FieldManagerConflict', field: '.data.x', message: 'conflict with "one"' }],
      });
      const forced = await apply(port, configMap(namespace, 'a', { data: { x: '2' } }), 'two', true);
      expect(forced.data).toEqual({ x: '2' });
      expect(managersOf(forced).map(({ manager }) => manager)).toEqual(['two']);
      const shared = await apply(port, configMap(namespace, 'a', { data: { x: '2' } }), 'three');
      expect(managersOf(shared).map(({ manager }) => manager).toSorted()).toEqual(['three', 'two']);
    });

    it('sees plain writes as owners too', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, configMap(namespace, 'a', { data: { x: '1', y: '1' } }), { fieldManager: 'writer' });
      const refused = await failureOf(apply(port, configMap(namespace, 'a', { data: { x: '2', y: '2' } }), 'one'));
      expect(refused.message).toMatch(/^Apply failed with 2 conflicts: conflicts with "writer" using v1(?: at [-0-9T:Z]+)?:\n- \.data\.x\n- \.data\.y$/);
      await apply(port, configMap(namespace, 'a', { data: { x: '2' } }), 'one', true);
      const taken = await port.patch(type, namespace, 'a', { data: { x: '3' } }, { fieldManager: 'writer' });
      expect(managersOf(taken).map(({ manager }) => manager)).toEqual(['writer']);
      const dropped = await apply(port, configMap(namespace, 'a', {}), 'one');
      expect(dropped.data).toEqual({ x: '3', y: '1' });
    });

    it('merges lists by their keys', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const as = (fieldManager: string, object: KubeObject, force = false): Promise<KubeObject> => port.apply(resourceTypes.service, object, { fieldManager, force });
      await as('one', service(namespace, [{ name: 'a', port: 1 }]));
      const both = await as('two', service(namespace, [{ name: 'b', port: 2, targetPort: 22 }]));
      expect(portNames(both)).toEqual(['a', 'b']);
      expect(await failureOf(as('one', service(namespace, [{ name: 'a', port: 1 }, { name: 'b', port: 2, targetPort: 23 }])))).toMatchObject({ message: 'Apply failed with 1 conflict: conflict with "two": .spec.ports[port=2,protocol="TCP"].targetPort' });
      const rest = await as('one', service(namespace, []));
      expect(portNames(rest)).toEqual(['b']);
    });

    it('applies status apart from the rest', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const type = resourceTypes.cacheCluster;
      const head = { apiVersion: 'meridiancache.io/v1alpha1', kind: 'CacheCluster', metadata: { name: 'c', namespace } };
      await port.apply(type, { ...head, spec: { memory: '64Mi', regions: [{ name: 'us' }] } }, { fieldManager: 'user' });
      const condition = { type: 'Ready', status: 'False', reason: 'Waiting', message: 'for pods', lastTransitionTime: '2026-01-01T00:00:00Z' };
      const told = await port.apply(type, { ...head, status: { phase: 'Pending', conditions: [condition] } }, { fieldManager: 'operator', subresource: 'status' });
      expect(told.status).toMatchObject({ phase: 'Pending', conditions: [{ type: 'Ready' }] });
      expect(told.spec).toMatchObject({ memory: '64Mi' });
      expect(told.metadata.generation).toBe(1);
      expect(managersOf(told).map(({ manager, subresource }) => [manager, subresource]).toSorted()).toEqual([['operator', 'status'], ['user', undefined]]);
      const later = await port.apply(type, { ...head, status: { conditions: [condition] } }, { fieldManager: 'operator', subresource: 'status' });
      expect(later.status).toEqual({ conditions: [condition] });
    });

    it('applies to the very object that is meant, or to none', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const made = await apply(port, configMap(namespace, 'a', { data: { x: '1' } }), 'one');
      const withUid = (uid: string | undefined, name = 'a'): KubeObject => configMap(namespace, name, { data: { x: '2' }, metadata: { name, namespace, uid } });
      const other = await failureOf(apply(port, withUid('00000000-0000-4000-8000-000000000000'), 'one'));
      expect([other.code, other.reason, other.message]).toEqual([422, 'Invalid', 'ConfigMap "a" is invalid: metadata.uid: Invalid value: "00000000-0000-4000-8000-000000000000": field is immutable']);
      const none = await failureOf(apply(port, withUid(made.metadata.uid, 'b'), 'one'));
      expect([none.code, none.reason, none.message]).toEqual([409, 'Conflict', `Operation cannot be fulfilled on configmaps "b": uid mismatch: the provided object specified uid ${made.metadata.uid}, and no existing object was found`]);
      expect((await apply(port, withUid(made.metadata.uid), 'one')).data).toEqual({ x: '2' });
    });

    it('dry-runs', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await apply(port, configMap(namespace, 'a', { data: { x: '1' } }), 'one');
      const answer = await port.apply(type, configMap(namespace, 'a', { data: { x: '2' } }), { fieldManager: 'one', dryRun: true });
      expect(answer.data).toEqual({ x: '2' });
      expect((await port.get(type, namespace, 'a'))?.data).toEqual({ x: '1' });
    });
  });
}
