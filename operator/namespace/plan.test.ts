import { describe, expect, it } from 'vitest';
import { cacheClusterSpecSchema } from '../../shared/resources/cache-cluster/spec.ts';
import type { NamespacesDocument } from '../../shared/namespaces/document.ts';
import type { KubeObject } from '../kube/port.ts';
import type { Observed, ObservedPod } from './observed.ts';
import { plan } from './plan.ts';

const cluster: NonNullable<Observed['cluster']> = {
  object: { apiVersion: 'meridiancache.io/v1alpha1', kind: 'CacheCluster', metadata: { name: 'demo', namespace: 'apps', uid: 'uid-demo' } },
  spec: cacheClusterSpecSchema.parse({ memory: '64Mi', regions: [{ name: 'east' }, { name: 'west' }] }),
  authEnabled: true,
};
const namespace = (name: string, spec: Record<string, unknown> = {}, metadata: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'meridiancache.io/v1alpha1',
  kind: 'CacheNamespace',
  metadata: { name, namespace: 'apps', uid: `uid-${name}`, generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', finalizers: ['meridiancache.io/flush'], ...metadata },
  spec: { clusterRef: { name: 'demo' }, ...spec },
});
const pod = (region: string, applied: number | undefined): ObservedPod => ({ name: `${region}-0`, uid: `uid-${region}`, region, applied });
const observed = (namespaces: readonly KubeObject[], more: Partial<Observed> = {}): Observed => ({
  nowMs: Date.parse('2026-01-01T01:00:00Z'), key: 'apps/demo', cluster, namespaces, labels: new Map(), webhookTokens: new Map(), kept: new Map(), pods: [pod('east', 0), pod('west', 0)], ...more,
});
const kinds = (seen: Observed): Record<string, string> => Object.fromEntries([...plan(seen).verdicts].map(([{ metadata }, verdict]) => [metadata.name, verdict.kind === 'stalled' ? verdict.reason : verdict.kind]));

describe('a plan for namespaces', () => {
  it('takes a thousand, the oldest first', () => {
    const many = Array.from({ length: 1002 }, (_, index) => namespace(`n${index}`, {}, { creationTimestamp: new Date(Date.UTC(2026, 0, 1) + (2000 - index) * 1000).toISOString() }));
    const { document, verdicts } = plan(observed(many));
    expect(document?.namespaces).toHaveLength(1000);
    expect([...verdicts].filter(([, { kind }]) => kind === 'stalled').map(([{ metadata }, verdict]) => [metadata.name, verdict.kind === 'stalled' && verdict.reason])).toEqual([['n1', 'TooManyNamespaces'], ['n0', 'TooManyNamespaces']]);
  });

  it('takes as many as eight ConfigMaps of less than 512 kB hold, and keeps the document in all regions', () => {
    const access = Array.from({ length: 64 }, (_, user) => ({ user: `user-${user}-${'x'.repeat(110)}`, verbs: ['read', 'write', 'delete', 'flush', 'admin'] }));
    const many = Array.from({ length: 400 }, (_, index) => namespace(`n${index}`, { access }, { uid: `uid-${String(index).padStart(4, '0')}` }));
    const { document, keep } = plan(observed(many));
    expect(document?.namespaces.length).toBeGreaterThan(200);
    expect(document?.namespaces.length).toBeLessThan(400);
    expect(keep.length).toBeLessThanOrEqual(16);
    expect(keep.map(({ object }) => object.metadata.name)).toContain('demo-west-namespaces-6');
    for (const { object } of keep) expect(Buffer.byteLength(object.data?.['namespaces.json'] ?? '')).toBeLessThan(512 * 1024);
  });

  it('names users that the cluster does not have', () => {
    const warned = (more: Partial<Observed>): readonly string[] =>
      [...plan(observed([namespace('a', { access: [{ user: 'shop', verbs: ['read'] }, { user: 'carts', verbs: ['read'] }] })], more)).verdicts.values()].flatMap((verdict) => (verdict.kind === 'in force' ? verdict.warnings : []));
    expect(warned({ users: new Set(['default', 'shop', 'carts']) })).toEqual([]);
    // Nothing is said of a Secret that could not be read.
    expect(warned({})).toEqual([]);
    expect(warned({ users: new Set(['default', 'shop']) })).toEqual(['spec.access names user carts, who is not in the users Secret of the cluster: nobody can be that user until its key users.acl has `user carts on >PASSWORD`']);
  });

  it('gives the same for the same, in whatever order it sees the objects', () => {
    const three = [namespace('a'), namespace('b', { name: 'a' }), namespace('c')];
    expect(kinds(observed(three))).toEqual({ a: 'in force', b: 'NameTaken', c: 'in force' });
    expect(kinds(observed([namespace('a', { name: 'default' }), namespace('default')]))).toEqual({ a: 'InvalidSpec', default: 'InvalidSpec' });
    expect(plan(observed(three.toReversed())).document).toEqual(plan(observed(three)).document);
  });

  it('holds what is not held yet before it is told of, and only what takes its keys along', () => {
    const { toHold } = plan(observed([namespace('a', {}, { finalizers: [] }), namespace('b', { deletionPolicy: 'Keep' }, { finalizers: ['example.com/theirs'] }), namespace('c')]));
    expect(toHold.map(({ metadata }) => metadata.name)).toEqual(['a']);
  });

  it('lets an object go once every region has said that it has the document without it', () => {
    const before = plan(observed([namespace('a')])).document;
    const keeping = (document: NamespacesDocument | undefined): Observed['kept'] => new Map(['east', 'west'].map((region) => [region, { document, uids: ['uid-map'] }]));
    const leaving = [namespace('a', {}, { deletionTimestamp: '2026-01-01T00:59:30Z' })];
    const after = plan(observed(leaving, { kept: keeping(before) })).document;
    expect(after).toEqual({ formatVersion: 1, revision: 2, namespaces: [], retired: [{ name: 'a', uid: 'uid-a' }] });
    const kept = keeping(after);
    const released = (pods: readonly ObservedPod[], nowMs?: number): readonly (readonly string[])[] => plan(observed(leaving, { kept, pods, ...(nowMs === undefined ? {} : { nowMs }) })).toRelease.map(({ unconfirmed }) => unconfirmed);
    expect(released([pod('east', 2), pod('west', 1)])).toEqual([]);
    expect(released([pod('east', 2), pod('west', undefined)])).toEqual([]);
    expect(released([pod('east', 2), pod('west', 2)])).toEqual([[]]);
    expect(released([pod('east', 2)])).toEqual([[]]);
    expect(released([pod('east', 2), pod('west', 1)], Date.parse('2026-01-01T01:00:30Z'))).toEqual([['west']]);
  });
});
