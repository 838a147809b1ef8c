import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import type { NamespaceSettings, NamespacesDocument } from '../../shared/namespaces/document.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from './region-of-processes.ts';

let region: ProcessRegion;
const clients: Redis[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await region.close();
});

const serves = (node: NodeProcess) => eventually(() => node.admin.status(), (status) => status.notServing === undefined);
const has = (node: NodeProcess, revision: number) => eventually(() => node.admin.status(), (status) => status.namespacesRevision === revision);

const carts = (more: Partial<NamespaceSettings> = {}): NamespaceSettings => ({
  name: 'carts', uid: 'uid-carts', tenant: 't', consistency: 'eventual', ttlJitterPercent: 0, slidingExpiry: false, maxValueBytes: 100, quota: {}, trackAccess: false, access: [{ user: 'ann', verbs: ['read', 'write'] }], ...more,
});
const document = (revision: number, namespaces: readonly NamespaceSettings[] = [carts()], retired: NamespacesDocument['retired'] = []): NamespacesDocument => ({ formatVersion: 1, revision, namespaces: [...namespaces], retired });

function ann(node: NodeProcess): Redis {
  const client = new Redis({ host: '127.0.0.1', port: node.ports.redis, username: 'ann', password: 'ann-secret', retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

async function withUsers(shards: number): Promise<NodeProcess[]> {
  region = await startRegion({ shards });
  region.writeAuth({ 'default-password': 'root-secret', 'users.acl': 'user ann on >ann-secret\n' });
  const nodes = await Promise.all(Array.from({ length: shards }, (_, shard) => region.start(shard, 0, { authEnabled: true })));
  await Promise.all(nodes.map(serves));
  return nodes;
}

it('namespaces that one node is told of are in force on all nodes of the region, and an older document changes nothing', async () => {
  const nodes = await withUsers(3);
  expect(await nodes[0].admin.applyNamespaces(document(4))).toBe(4);
  await Promise.all(nodes.map((node) => has(node, 4)));
  expect(await nodes[1].admin.applyNamespaces(document(3, []))).toBe(4);
  await expect(nodes[1].admin.applyNamespaces({ ...document(5), formatVersion: 2 } as unknown as NamespacesDocument)).rejects.toMatchObject({ code: 'NODE_CONFIG' });
  // A key of any shard: the right is asked before the way.
  for (const node of nodes) expect(await ann(node).get('other:1').catch((error: Error) => error.message)).toMatch(/^NOPERM/);
  const answers = await Promise.all(nodes.map((node) => ann(node).set('carts:1', 'x').catch((error: Error) => error.message)));
  expect(answers.toSorted().map((answer) => answer.split(' ')[0])).toEqual(['MOVED', 'MOVED', 'OK']);
  const figures = await Promise.all(nodes.map((node) => node.admin.namespaceFigures()));
  expect(figures.map(({ revision, leads, namespaces: [{ name }] }) => [revision, leads, name])).toEqual([[4, true, 'carts'], [4, true, 'carts'], [4, true, 'carts']]);
  expect(figures.reduce((sum, { namespaces }) => sum + namespaces[0].keys, 0)).toBe(1);
});

it('a node that starts finds them in the ConfigMaps, with nobody there to tell it, and takes what comes later', async () => {
  const [node] = await withUsers(1);
  expect(await ann(node).set('carts:1', 'x').catch((error: Error) => error.message)).toMatch(/^NOPERM/);
  await node.stop('SIGKILL');
  const path = [...region.kube.objects.keys()].find((name) => name.endsWith('-slots'))?.replace(/-slots$/, '-namespaces') ?? '';
  region.kube.objects.set(path, { metadata: { name: 'kept', uid: 'u', resourceVersion: '1' }, data: { 'namespaces.json': JSON.stringify({ ...document(7), part: 0, of: 1 }) } });
  const again = await region.start(0, 0, { authEnabled: true, ports: node.ports });
  await serves(again);
  await has(again, 7);
  const client = ann(again);
  expect(await client.set('carts:1', 'x')).toBe('OK');
  expect(await client.set('carts:1', 'x'.repeat(101)).catch((error: Error) => error.message)).toMatch(/maximum allowed size/);
  expect(await again.admin.applyNamespaces(document(8, [], [{ name: 'carts', uid: 'uid-carts' }]))).toBe(8);
  expect(await client.get('carts:1').catch((error: Error) => error.message)).toMatch(/^NOPERM/);
  expect((await again.admin.status()).keys).toBe(0);
});
