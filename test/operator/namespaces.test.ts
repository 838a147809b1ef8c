import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resourceTypes } from '../../operator/kube/types.ts';
import type { NamespacesDocument } from '../../shared/namespaces/document.ts';
import { driveCluster } from './cluster-driver.ts';
import { startInProcess, type InProcess } from './in-process.ts';
import { driveNamespace } from './namespace-driver.ts';

let world: InProcess;
beforeEach(() => {
  world = startInProcess();
});
afterEach(() => world.stop());

const drive = (name: string, namespace = 'apps') => driveNamespace(world.kube, namespace, name);
const cluster = () => driveCluster(world.kube, 'apps');
const twoRegions = { regions: [{ name: 'east' }, { name: 'west' }] };

/** What the nodes have, which must be the same on all of them. */
function inForce(): NamespacesDocument {
  const documents = [...world.nodes.documents.values()];
  expect(documents.length).toBeGreaterThan(0);
  for (const document of documents) expect(document).toEqual(documents[0]);
  return documents[0];
}
const namesInForce = (): readonly string[] => inForce().namespaces.map(({ name }) => name);
const kept = async (region = 'east'): Promise<NamespacesDocument> => JSON.parse((await world.kube.get(resourceTypes.configMap, 'apps', `demo-${region}-namespaces`))?.data?.['namespaces.json'] ?? 'null') as NamespacesDocument;

async function running(spec: Record<string, unknown> = twoRegions) {
  const operator = world.operator();
  await cluster().create(spec);
  await world.ports.advance(5_000);
  expect((await cluster().condition('Ready'))?.status).toBe('True');
  return operator;
}

describe('a CacheNamespace', () => {
  it('reaches every node of every region within two seconds, and says so per region', async () => {
    const operator = await running();
    await drive('carts').create({ defaultTtl: '90s', quota: { memory: '2Mi' }, access: [{ user: 'ann', verbs: ['read'] }] });
    await world.ports.advance(2_000);
    expect(inForce()).toMatchObject({ revision: 1, namespaces: [{ name: 'carts', tenant: 'apps', defaultTtlMs: 90_000, quota: { memoryBytes: 2 * 1024 * 1024 }, access: [{ user: 'ann', verbs: ['read'] }] }], retired: [] });
    expect(world.nodes.documents.size).toBe(2);
    expect(await drive('carts').status()).toMatchObject({ phase: 'Ready', wireName: 'carts', revision: 1, observedGeneration: 1, regions: [{ name: 'east', appliedRevision: 1 }, { name: 'west', appliedRevision: 1 }] });
    expect(await drive('carts').shown('Ready')).toBe('True InForce');
    expect(await drive('carts').shown('Reconciling')).toBe('False Settled');
    expect((await kept('west')).namespaces).toEqual(inForce().namespaces);
    expect((await cluster().get()).status?.namespaces).toBe(1);
    await operator.stop();
  });

  it('changes live; the others keep the revision that they came with', async () => {
    const operator = await running();
    await drive('carts').create();
    await drive('users').create({ name: 'people' });
    await world.ports.advance(2_000);
    const before = inForce().revision;
    await drive('carts').edit({ maxTtl: '1h' });
    await world.ports.advance(2_000);
    expect(inForce()).toMatchObject({ revision: before + 1, namespaces: [{ name: 'carts', maxTtlMs: 3_600_000, revision: before + 1 }, { name: 'people' }] });
    expect(await drive('carts').status()).toMatchObject({ observedGeneration: 2, revision: before + 1, regions: [{ appliedRevision: before + 1 }, { appliedRevision: before + 1 }] });
    const { resourceVersion } = (await drive('users').get())?.metadata ?? {};
    await drive('carts').edit({ maxTtl: '2h' });
    await world.ports.advance(2_000);
    expect((await drive('users').get())?.metadata.resourceVersion).toBe(resourceVersion);
    await operator.stop();
  });

  it('says Reconciling for its new generation before the nodes have it', async () => {
    const operator = await running();
    await drive('carts').create();
    await world.ports.advance(2_000);
    for (const pod of ['demo-east-s0-0', 'demo-west-s0-0']) world.nodes.silent.add(pod);
    await drive('carts').edit({ maxTtl: '1h' });
    await world.ports.advance(2_000);
    expect(await drive('carts').condition('Ready')).toMatchObject({ status: 'False', reason: 'Pushing', observedGeneration: 2, message: 'revision 2 is not yet in force in 2 of 2 regions: east, west' });
    expect(await drive('carts').shown('Reconciling')).toBe('True Pushing');
    expect(await drive('carts').status()).toMatchObject({ regions: [{ name: 'east', appliedRevision: 1 }, { name: 'west', appliedRevision: 1 }] });
    world.nodes.silent.delete('demo-west-s0-0');
    await world.ports.advance(3_000);
    expect(await drive('carts').status()).toMatchObject({ phase: 'Pushing', regions: [{ name: 'east', appliedRevision: 1 }, { name: 'west', appliedRevision: 2 }] });
    world.nodes.silent.clear();
    await world.ports.advance(3_000);
    expect(await drive('carts').shown('Ready')).toBe('True InForce');
    await operator.stop();
  });

  it('waits for a cluster that is missing, and says so', async () => {
    const operator = world.operator();
    await drive('carts').create();
    await world.ports.advance(2_000);
    expect(await drive('carts').condition('Ready')).toMatchObject({ status: 'False', reason: 'ClusterMissing', message: 'there is no CacheCluster apps/demo: it comes into force when there is one' });
    expect(await drive('carts').shown('Reconciling')).toBe('True ClusterMissing');
    expect(await drive('carts').shown('Stalled')).toBe('False NotStalled');
    await cluster().create(twoRegions);
    await world.ports.advance(10_000);
    expect(await drive('carts').shown('Ready')).toBe('True InForce');
    await cluster().delete();
    await world.ports.advance(10_000);
    expect(await drive('carts').shown('Ready')).toBe('False ClusterMissing');
    await drive('carts').delete();
    await world.ports.advance(2_000);
    expect(await drive('carts').get()).toBeUndefined();
    await operator.stop();
  });

  it('tells a node that is new to it what is in force', async () => {
    const operator = await running({ regions: [{ name: 'east' }] });
    await drive('carts').create();
    await world.ports.advance(2_000);
    await cluster().edit(twoRegions);
    await world.ports.advance(10_000);
    expect(world.nodes.documents.size).toBe(2);
    expect(namesInForce()).toEqual(['carts']);
    expect(await drive('carts').status()).toMatchObject({ regions: [{ name: 'east' }, { name: 'west', appliedRevision: 1 }] });
    expect((await kept('west')).revision).toBe(1);
    await operator.stop();
  });
});

describe('names', () => {
  it('belong to the oldest, and pass on when it is gone', async () => {
    const operator = await running();
    await drive('first').create({ name: 'carts' });
    await world.ports.advance(2_000);
    await drive('second').create({ name: 'carts' });
    await world.ports.advance(2_000);
    expect(await drive('second').condition('Stalled')).toMatchObject({ status: 'True', reason: 'NameTaken', message: expect.stringContaining('belongs to CacheNamespace apps/first') });
    expect(await drive('second').shown('Reconciling')).toBe('False Stalled');
    expect(inForce().namespaces).toHaveLength(1);
    await drive('first').delete();
    await world.ports.advance(15_000);
    expect(await drive('first').get()).toBeUndefined();
    expect(await drive('second').shown('Ready')).toBe('True InForce');
    const { uid } = (await drive('second').get())?.metadata ?? {};
    expect(inForce()).toMatchObject({ namespaces: [{ name: 'carts', uid }], retired: [{ name: 'carts' }] });
    await operator.stop();
  });

  it('of two created in the same second belong to the lower UID', async () => {
    const operator = await running();
    await drive('a').create({ name: 'carts' });
    await drive('b').create({ name: 'carts' });
    await world.ports.advance(2_000);
    const uids = await Promise.all(['a', 'b'].map(async (name) => (await drive(name).get())?.metadata.uid ?? ''));
    expect(inForce().namespaces.map(({ uid }) => uid)).toEqual([uids.toSorted()[0]]);
    await operator.stop();
  });
});

describe('clusters of another Kubernetes namespace', () => {
  const away = () => drive('carts', 'shop');
  const labelled = (labels: Record<string, string>) => world.kube.apply(resourceTypes.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels } }, { fieldManager: 'test', force: true });

  it('are used only if their allowedNamespaces selects it', async () => {
    const operator = await running();
    await labelled({ team: 'red' });
    await away().create({ clusterRef: { name: 'demo', namespace: 'apps' } });
    await world.ports.advance(2_000);
    expect(await away().condition('Stalled')).toMatchObject({ status: 'True', reason: 'NotAllowed', message: expect.stringContaining('admits its own Kubernetes namespace only') });
    await cluster().edit({ allowedNamespaces: { matchLabels: { team: 'blue' }, matchExpressions: [{ key: 'team', operator: 'Exists' }] } });
    await world.ports.advance(2_000);
    expect(await away().condition('Stalled')).toMatchObject({ status: 'True', message: expect.stringContaining('does not select Kubernetes namespace shop') });
    await labelled({ team: 'blue' });
    await world.ports.advance(15_000);
    expect(await away().shown('Ready')).toBe('True InForce');
    expect(inForce().namespaces).toMatchObject([{ name: 'carts', tenant: 'shop' }]);
    await cluster().edit({ allowedNamespaces: null });
    await world.ports.advance(2_000);
    // It is out of force, and its keys are nobody's to remove.
    expect(inForce()).toMatchObject({ namespaces: [], retired: [] });
    await operator.stop();
  });

  it('do not take names from it while it is not allowed', async () => {
    const operator = await running();
    await labelled({});
    await away().create({ clusterRef: { name: 'demo', namespace: 'apps' } });
    await world.ports.advance(2_000);
    await drive('carts').create();
    await world.ports.advance(2_000);
    expect(await drive('carts').shown('Ready')).toBe('True InForce');
    await operator.stop();
  });
});

describe('deletion', () => {
  it('with Flush keeps the object until every region has removed its keys', async () => {
    const operator = await running();
    await drive('carts').create();
    await world.ports.advance(2_000);
    const uid = (await drive('carts').get())?.metadata.uid;
    expect((await drive('carts').get())?.metadata.finalizers).toEqual(['meridiancache.io/flush']);
    world.nodes.silent.add('demo-west-s0-0');
    await drive('carts').delete();
    await world.ports.advance(10_000);
    expect(await drive('carts').shown('Ready')).toBe('False Deleting');
    expect(world.nodes.documents.size).toBe(2);
    world.nodes.silent.clear();
    await world.ports.advance(5_000);
    expect(await drive('carts').get()).toBeUndefined();
    expect(inForce()).toMatchObject({ namespaces: [], retired: [{ name: 'carts', uid }] });
    expect((await cluster().get()).status?.namespaces).toBe(0);
    await operator.stop();
  });

  it('does not wait for a node that is away for longer than a minute; it learns of it when it is back', async () => {
    const operator = await running();
    await drive('carts').create();
    await world.ports.advance(2_000);
    world.nodes.silent.add('demo-west-s0-0');
    await drive('carts').delete();
    await world.ports.advance(50_000);
    expect(await drive('carts').get()).toBeDefined();
    await world.ports.advance(15_000);
    expect(await drive('carts').get()).toBeUndefined();
    world.nodes.silent.clear();
    await world.ports.advance(65_000);
    expect(inForce()).toMatchObject({ namespaces: [], retired: [{ name: 'carts' }] });
    await operator.stop();
  });

  it('with Keep takes it out of force and leaves the keys', async () => {
    const operator = await running();
    await drive('carts').create({ deletionPolicy: 'Keep' });
    await world.ports.advance(2_000);
    expect((await drive('carts').get())?.metadata.finalizers).toBeUndefined();
    await drive('carts').delete();
    await world.ports.advance(2_000);
    expect(await drive('carts').get()).toBeUndefined();
    expect(inForce()).toMatchObject({ namespaces: [], retired: [] });
    await operator.stop();
  });

  it('of one that never came into force takes nothing along', async () => {
    const operator = await running();
    await drive('first').create({ name: 'carts' });
    await world.ports.advance(2_000);
    await drive('second').create({ name: 'carts' });
    await world.ports.advance(2_000);
    const { revision } = inForce();
    await drive('second').delete();
    await world.ports.advance(2_000);
    expect(await drive('second').get()).toBeUndefined();
    expect(inForce()).toMatchObject({ revision, retired: [], namespaces: [{ name: 'carts' }] });
    await operator.stop();
  });
});

describe('the operator', () => {
  it('that is new finds everything in force and writes nothing', async () => {
    const first = await running();
    await drive('carts').create();
    await world.ports.advance(130_000);
    await first.stop();
    const before = (await drive('carts').get())?.metadata.resourceVersion;
    const { revision } = inForce();
    const second = world.operator();
    await world.ports.advance(10_000);
    expect((await drive('carts').get())?.metadata.resourceVersion).toBe(before);
    expect(inForce().revision).toBe(revision);
    await second.stop();
  });

  it('finds what was deleted without it', async () => {
    const first = await running();
    await drive('carts').create({ deletionPolicy: 'Keep' });
    await drive('users').create();
    await world.ports.advance(2_000);
    await first.stop();
    await drive('carts').delete();
    await drive('users').delete();
    const second = world.operator();
    await world.ports.advance(5_000);
    expect(inForce()).toMatchObject({ namespaces: [], retired: [{ name: 'users' }] });
    expect(await drive('users').get()).toBeUndefined();
    await second.stop();
  });

  it('whose ConfigMaps were lost never goes back to a revision that nodes have passed', async () => {
    const operator = await running();
    await drive('carts').create();
    await world.ports.advance(2_000);
    await drive('carts').edit({ maxTtl: '1h' });
    await world.ports.advance(2_000);
    for (const region of ['east', 'west']) await world.kube.delete(resourceTypes.configMap, 'apps', `demo-${region}-namespaces`);
    await world.ports.advance(65_000);
    await drive('carts').edit({ maxTtl: '2h' });
    await world.ports.advance(3_000);
    expect(inForce()).toMatchObject({ namespaces: [{ maxTtlMs: 7_200_000 }] });
    expect((await kept()).revision).toBe(inForce().revision);
    expect(inForce().revision).toBeGreaterThan(2);
    await operator.stop();
  });

  it('shows what nodes count, two digits of it, once a minute and only when it has changed', async () => {
    const operator = await running();
    await drive('carts').create();
    await world.ports.advance(130_000);
    // 1234 keys of one primary in each region: the region that has most.
    expect(await drive('carts').status()).toMatchObject({ keys: 1200, memoryUsed: 57_000, hitRatePercent: 75, evictions: 6, throttled: 10 });
    const before = (await drive('carts').get())?.metadata.resourceVersion;
    await world.ports.advance(600_000);
    expect((await drive('carts').get())?.metadata.resourceVersion).toBe(before);
    await operator.stop();
  });

  it('warns of what has no effect: access where clients need not sign in, a webhook without its token', async () => {
    const operator = await running({ ...twoRegions, auth: { enabled: false } });
    await drive('carts').create({ access: [{ user: 'ann', verbs: ['read'] }], invalidation: { webhookTokenSecretRef: { name: 'hook' } } });
    await world.ports.advance(2_000);
    expect(await drive('carts').condition('ConfigurationWarning')).toMatchObject({ status: 'True', message: expect.stringMatching(/spec\.access has no effect.*Secret hook has no key token/) });
    await world.kube.create(resourceTypes.secret, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hook', namespace: 'apps' }, data: { token: Buffer.from('a token of some length\n').toString('base64') } });
    await world.ports.advance(65_000);
    expect(inForce().namespaces[0].invalidation).toEqual({ webhookTokenSha256: createHash('sha256').update('a token of some length').digest('hex') });
    await operator.stop();
  });
});
