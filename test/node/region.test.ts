import { connect } from 'node:net';
import { once } from 'node:events';
import { Cluster, Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { annotations } from '../../shared/kube/names.ts';
import { slotCount, slotOfKey } from '../../shared/slots/crc16.ts';
import { runProgram } from '../clients/run-program.ts';
import type { StoredObject } from './lease-map-server.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from './region-of-processes.ts';

/** One key of each of `count` slots, spread over all of them. */
function keysOfSlots(count: number): readonly string[] {
  const found = new Map<number, string>();
  for (let i = 0; found.size < count; i++) {
    const slot = slotOfKey(new TextEncoder().encode(`key-${i}`));
    if (slot % (slotCount / count) === 0) found.set(slot, `key-${i}`);
  }
  return [...found.values()];
}

const serves = (node: NodeProcess) => eventually(() => node.admin.status(), (status) => status.notServing === undefined);
const metricsOf = async (node: NodeProcess): Promise<string> => (await fetch(`http://127.0.0.1:${node.ports.metrics}/metrics`)).text();
const statusCode = async (node: NodeProcess, path: string): Promise<number> => (await fetch(`http://127.0.0.1:${node.ports.metrics}${path}`)).status;
const refused = async (node: NodeProcess, code: string): Promise<number> => Number(new RegExp(`meridian_bus_refused_total\\{[^}]*port="bus",code="${code}"\\} (\\d+)`).exec(await metricsOf(node))?.[1] ?? 0);
const knows = (node: NodeProcess, alive: number, failed = 0) =>
  eventually(() => metricsOf(node), (text) => text.includes(`state="alive"} ${alive}\n`) && text.includes(`state="failed"} ${failed}\n`));

let region: ProcessRegion;
let cluster: Cluster | undefined;

function client(nodes: readonly NodeProcess[]): Cluster {
  cluster = new Cluster(nodes.map((node) => ({ host: '127.0.0.1', port: node.ports.redis })), { clusterRetryStrategy: () => 50, redisOptions: { maxRetriesPerRequest: 20 } });
  cluster.on('error', () => undefined);
  return cluster;
}

afterEach(async () => {
  cluster?.disconnect();
  cluster = undefined;
  await region.close();
});

describe('three shards', () => {
  let nodes: NodeProcess[];
  beforeEach(async () => {
    region = await startRegion({ shards: 3 });
    nodes = await Promise.all([0, 1, 2].map((shard) => region.start(shard)));
    await Promise.all(nodes.map(serves));
    await Promise.all(nodes.map((node) => knows(node, 3)));
  });

  it('are one cluster to a client that knows one node, and take keys of every slot range', async () => {
    const redis = client(nodes.slice(0, 1));
    const keys = keysOfSlots(64);
    await Promise.all(keys.map((key) => redis.set(key, `value of ${key}`)));
    expect(await Promise.all(keys.map((key) => redis.get(key)))).toEqual(keys.map((key) => `value of ${key}`));
    expect(redis.nodes('master').length).toBe(3);
    const statuses = await Promise.all(nodes.map((node) => node.admin.status()));
    expect(statuses.map((status) => status.slotsOwned).reduce((sum, one) => sum + one)).toBe(slotCount);
    expect(statuses.every((status) => status.role === 'primary' && status.epoch === 1 && status.keys > 0)).toBe(true);
  });

  it('go on while the API server is away, and ask it nothing while all is well', async () => {
    const redis = client(nodes);
    // Each has looked for targets once since it serves.
    await eventually(() => region.kube.requests.filter((request) => request.endsWith('-targets')).length, (reads) => reads === 3);
    const before = region.kube.requests.length;
    region.kube.mode = 'down';
    for (const key of keysOfSlots(256)) expect(await redis.set(key, key)).toBe('OK');
    expect(region.kube.requests.length).toBe(before);
    expect(await Promise.all(nodes.map((node) => statusCode(node, '/readyz')))).toEqual([200, 200, 200]);
  });

  it('bring what is published on one of them to the subscribers of all, by channel and by pattern, a long message too', async () => {
    const long = 'x'.repeat(9 * 1024 * 1024);
    const listeners = nodes.map((node) => new Redis(node.ports.redis, '127.0.0.1'));
    const heard = listeners.map((listener): string[] => {
      const texts: string[] = [];
      listener.on('message', (channel: string, text: string) => texts.push(`${channel}: ${text}`));
      listener.on('pmessage', (pattern: string, channel: string, text: string) => texts.push(`${pattern} ${channel}: ${text}`));
      return texts;
    });
    await Promise.all(listeners.flatMap((listener) => [listener.subscribe('news'), listener.psubscribe('n?ws')]));
    const publishers = nodes.map((node) => new Redis(node.ports.redis, '127.0.0.1'));
    expect(await publishers[0].publish('news', 'hello')).toBe(2);
    for (const texts of heard) await eventually(async () => texts.length, (count) => count === 2);
    expect(await publishers[1].publish('news', long)).toBe(2);
    for (const texts of heard) {
      await eventually(async () => texts.length, (count) => count === 4);
      expect(texts.slice(0, 2).toSorted()).toEqual(['n?ws news: hello', 'news: hello']);
      expect(texts.slice(2).map((text) => text.length).toSorted((a, b) => a - b)).toEqual([long.length + 6, long.length + 11]);
    }
    for (const one of [...listeners, ...publishers]) one.disconnect();
  });

  it('serve redis-benchmark as a cluster client', async () => {
    const tests = 'set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,mset';
    const output = await runProgram('redis-benchmark', ['-p', String(nodes[0].ports.redis), '--cluster', '-q', '-n', '1000', '-c', '6', '-P', '16', '-r', '1000', '-t', tests], { install: 'apt-get install redis-tools' });
    expect(output).not.toMatch(/error|MOVED/i);
    expect(output.match(/requests per second/g)?.length).toBe(tests.split(',').length);
    for (const node of nodes) expect((await node.admin.status()).keys).toBeGreaterThan(0);
  });

  it('show a killed node as failed, and take it back as epoch 2, empty, under the same addresses', async () => {
    const redis = client(nodes);
    const keys = keysOfSlots(64);
    await Promise.all(keys.map((key) => redis.set(key, key)));
    await nodes[1].stop('SIGKILL');
    await knows(nodes[0], 2, 1);
    const again = await region.start(1, 0, { ports: nodes[1].ports });
    const status = await serves(again);
    expect(status).toMatchObject({ epoch: 2, role: 'primary', keys: 0 });
    expect(again.incarnation).not.toBe(nodes[1].incarnation);
    await knows(nodes[0], 3);
    for (const key of keys) await redis.set(key, 'new');
    expect(await Promise.all(keys.map((key) => redis.get(key)))).toEqual(keys.map(() => 'new'));
  });

  it('settle a claim whose answer was lost by reading, not by claiming again (P11)', async () => {
    await nodes[2].stop('SIGKILL');
    region.kube.mode = 'lost-puts';
    const again = await region.start(2, 0);
    await eventually(() => region.kube.objects.get(region.leasePath(2)), (lease) => lease?.spec?.leaseTransitions === 2);
    region.kube.mode = 'answers';
    expect(await serves(again)).toMatchObject({ epoch: 2 });
  });

  it('take pushed settings on one node and spread them', async () => {
    expect(await nodes[0].admin.applyConfig({ formatVersion: 1, revision: 7, memoryBytes: 99_000_000 })).toEqual({ revision: 7 });
    for (const node of nodes) await eventually(() => node.admin.status(), (status) => status.memoryLimitBytes === 99_000_000 && status.configRevision === '7');
    expect(await nodes[1].admin.applyConfig({ formatVersion: 1, revision: 6, memoryBytes: 1 })).toEqual({ revision: 7 });
    await expect(nodes[1].admin.applyConfig({ formatVersion: 1, revision: 0 })).rejects.toMatchObject({ code: 'NODE_CONFIG' });
  });

  it('take a changed node.json over while they run', async () => {
    region.writeConfig({ memoryBytes: 77_000_000 });
    for (const node of nodes) await eventually(() => node.admin.status(), (status) => status.memoryLimitBytes === 77_000_000);
  });

  it('refuse a node of another cluster and one without the key, count them, and go on', async () => {
    const stranger = await region.start(0, 7, { clusterUid: 'someone-else' });
    const keyless = await region.start(0, 8, { busKey: '22'.repeat(32) });
    await eventually(() => refused(nodes[0], 'BUS_IDENTITY'), (count) => count > 0);
    await eventually(() => refused(nodes[0], 'BUS_AUTH'), (count) => count > 0);
    await knows(nodes[0], 3);
    await Promise.all([stranger, keyless].map((node) => knows(node, 1)));
  });

  it('close connections that send nonsense, count them, and go on', async () => {
    const before = await refused(nodes[0], 'BUS_PROTOCOL');
    for (const port of [nodes[0].ports.bus, nodes[0].ports.admin]) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(Buffer.from('PUT /all HTTP/1.1\r\n\r\n'));
      socket.resume();
      await once(socket, 'close');
    }
    expect(await refused(nodes[0], 'BUS_PROTOCOL')).toBe(before + 1);
    await knows(nodes[0], 3);
  });

  it('stop within their grace when asked, having told the others', async () => {
    expect(await nodes[1].stop('SIGTERM')).toBe(0);
    await knows(nodes[0], 2, 0);
  });
});

describe('nine shards started at once', () => {
  it('find each other and share all slots', async () => {
    region = await startRegion({ shards: 9 });
    const nodes = await Promise.all(Array.from({ length: 9 }, (_, shard) => region.start(shard)));
    await Promise.all(nodes.map(serves));
    await Promise.all(nodes.map((node) => knows(node, 9)));
    const redis = client(nodes.slice(8));
    await Promise.all(keysOfSlots(64).map((key) => redis.set(key, key)));
    expect(redis.nodes('master').length).toBe(9);
    // One read and one claim of the Lease, one read of the map each; anything more was a retry.
    expect(region.kube.requests.filter((request) => /leases|-slots/.test(request)).length).toBe(27);
  });
});

describe('a cluster with users', () => {
  it('asks for the password, and takes pushed users over at once', async () => {
    region = await startRegion({ shards: 1 });
    region.writeAuth({ 'default-password': 'first-secret' });
    const node = await region.start(0, 0, { authEnabled: true });
    await serves(node);
    const ask = (password?: string, username?: string) => {
      const redis = new Redis({ host: '127.0.0.1', port: node.ports.redis, password, username, retryStrategy: () => null, maxRetriesPerRequest: 0, enableReadyCheck: false });
      redis.on('error', () => undefined);
      return redis.set('a', '1').then(String, (error: Error) => error.message.split(' ')[0]).finally(() => redis.disconnect());
    };
    expect(await ask()).toBe('NOAUTH');
    expect(await ask('first-secret')).toBe('OK');
    await node.admin.applyConfig({ formatVersion: 1, revision: 1, usersAcl: 'user default off\nuser reader on >r ~* +@read\n' });
    expect(await ask('r', 'reader')).toBe('NOPERM');
    expect(await ask('first-secret')).not.toBe('OK');
  });
});

describe('a shard with a copy', () => {
  beforeEach(async () => {
    region = await startRegion({ shards: 1, replicas: 1 });
  });

  it('is led by its first pod; the copy comes in sync, is ready, sends clients to the primary and answers READONLY reads', async () => {
    const copy = await region.start(0, 1);
    const first = await region.start(0, 0);
    await serves(first);
    const status = await eventually(() => copy.admin.status(), ({ role }) => role === 'replica');
    expect(status).toMatchObject({ epoch: 1, primary: 'quick-eu-s0-0', isr: ['quick-eu-s0-0', 'quick-eu-s0-1'] });
    await eventually(() => statusCode(copy, '/readyz'), (code) => code === 200);
    expect((await fetch(`http://127.0.0.1:${copy.ports.http}/health`)).status).toBe(200);
    await knows(copy, 2);
    expect(await client([copy]).set('a', '1')).toBe('OK');
    expect(await client([copy]).wait(1, 100)).toBe(1);
    const reader = new Redis({ host: '127.0.0.1', port: copy.ports.redis });
    await expect(reader.get('a')).rejects.toThrow(/^MOVED/);
    await reader.readonly();
    expect(await eventually(() => reader.get('a'), (value) => value === '1')).toBe('1');
    expect((await reader.role())[0]).toBe('slave');
    expect(await reader.info('replication')).toContain('role:slave');
    reader.disconnect();
  });

  it('writes a Lease anew that was edited to nonsense, when it needs it, and serves all the while', { timeout: 60_000 }, async () => {
    const first = await region.start(0, 0);
    const copy = await region.start(0, 1);
    await eventually(() => first.admin.status(), ({ isr }) => isr.length === 2);
    const redis = new Redis({ host: '127.0.0.1', port: first.ports.redis });
    expect(await redis.set('a', '1')).toBe('OK');
    const lease = region.kube.objects.get(region.leasePath(0)) as StoredObject;
    region.kube.objects.set(region.leasePath(0), { ...lease, metadata: { ...lease.metadata, resourceVersion: 'edited', annotations: { [annotations.config]: '{"isr":"mine"}' } }, spec: { leaseTransitions: -7, holderIdentity: 'nobody' } });
    await copy.stop('SIGKILL');
    await eventually(() => first.admin.status(), ({ isr }) => isr.length === 1);
    expect(first.records.some(({ what }) => what === 'lease-repaired')).toBe(true);
    expect((region.kube.objects.get(region.leasePath(0)) as StoredObject).spec).toMatchObject({ leaseTransitions: 1, holderIdentity: first.pod });
    expect(await redis.set('a', '2')).toBe('OK');
    expect(await redis.get('a')).toBe('2');
    redis.disconnect();
  });

  it('takes a copy that is about to end out of the in-sync set by its word, while it still acknowledges', { timeout: 20_000 }, async () => {
    const first = await region.start(0, 0);
    const copy = await region.start(0, 1);
    await eventually(() => first.admin.status(), ({ isr }) => isr.length === 2);
    await copy.stop('SIGTERM');
    await eventually(() => first.admin.status(), ({ isr }) => isr.length === 1);
    expect(first.records.filter(({ what }) => what === 'removed').map(({ cause }) => cause)).toEqual([`${copy.pod}: is about to end`]);
  });

  it('P10: refuses writes with fewer copies than asked for, and goes on reading', { timeout: 20_000 }, async () => {
    const first = await region.start(0, 0);
    const copy = await region.start(0, 1);
    await eventually(() => first.admin.status(), ({ isr }) => isr.length === 2);
    const redis = new Redis({ host: '127.0.0.1', port: first.ports.redis });
    await first.admin.applyConfig({ formatVersion: 1, revision: 1, minInSync: 2 });
    expect(await redis.set('a', '1')).toBe('OK');
    await copy.stop('SIGKILL');
    await eventually(() => first.admin.status(), ({ isr }) => isr.length === 1);
    await expect(redis.set('a', '2')).rejects.toThrow(/^NOREPLICAS/);
    expect(await redis.get('a')).toBe('1');
    redis.disconnect();
  });
});

describe('a shard that is to have a copy from now on', () => {
  it('feeds one without a restart of its primary, which loses nothing', { timeout: 20_000 }, async () => {
    region = await startRegion({ shards: 2 });
    const [first] = await Promise.all([0, 1].map((shard) => region.start(shard)));
    await serves(first);
    const key = keysOfSlots(2)[0];
    const redis = new Redis({ host: '127.0.0.1', port: first.ports.redis });
    expect(await redis.set(key, 'before')).toBe('OK');
    region.writeConfig({ replicas: 1 });
    const copy = await region.start(0, 1, { replicas: 1 });
    await eventually(() => copy.admin.status(), ({ role }) => role === 'replica');
    expect(await first.admin.status()).toMatchObject({ role: 'primary', epoch: 1, isr: ['quick-eu-s0-0', 'quick-eu-s0-1'] });
    expect(await redis.append(key, ' and after')).toBe(16);
    redis.disconnect();
    await first.stop('SIGKILL');
    await eventually(() => copy.admin.status(), ({ role }) => role === 'primary');
    const successor = new Redis({ host: '127.0.0.1', port: copy.ports.redis });
    expect(await successor.get(key)).toBe('before and after');
    successor.disconnect();
  });
});

describe('a Lease edited by hand to nonsense', () => {
  it('is reported and never served from', async () => {
    region = await startRegion({ shards: 1 });
    const path = region.leasePath(0);
    const lease = region.kube.objects.get(path);
    if (lease === undefined) throw new Error('no Lease');
    lease.spec = { leaseTransitions: 3, holderIdentity: 'quick-eu-s0-0' };
    lease.metadata.annotations = { [annotations.config]: '{"formatVersion":1,"isr":["quick-eu-s9-0"],"incarnations":{},"nonce":""}' };
    const node = await region.start(0);
    const status = await eventually(() => node.admin.status(), ({ notServing }) => notServing?.startsWith('the Lease makes no sense') === true);
    expect(status).toMatchObject({ role: 'waiting', notServing: 'the Lease makes no sense: "quick-eu-s9-0" is no pod of this shard' });
    const health = await fetch(`http://127.0.0.1:${node.ports.http}/health`);
    expect([health.status, ((await health.json()) as { reason: string }).reason]).toEqual([503, status.notServing]);
    expect(region.kube.requests.some((request) => request.startsWith('PUT'))).toBe(false);
  });
});
