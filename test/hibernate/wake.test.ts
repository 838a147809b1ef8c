import { afterEach, expect, it } from 'vitest';
import { eventually, type NodeProcess } from '../node/region-of-processes.ts';
import { exists, fill, hibernated, primaryOf, seen, serves, startShard, thawed, type SleepyShard } from './shard.ts';

let shard: SleepyShard;
afterEach(() => shard.close());

const versionOf = async (node: NodeProcess, path: string): Promise<{ readonly version: Readonly<Record<string, number>>; readonly created_at: string }> => {
  const answer = await fetch(`http://127.0.0.1:${node.ports.http}/api/v1/cache/${path}`);
  return ((await answer.json()) as { readonly metadata: { readonly version: Readonly<Record<string, number>>; readonly created_at: string } }).metadata;
};
const put = (node: NodeProcess, path: string, body: unknown) => fetch(`http://127.0.0.1:${node.ports.http}/api/v1/cache/${path}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

it('H1: a shard of one copy sleeps and wakes with all that it had: types, ends, versions, namespaces and tags; and goes on behind it', { timeout: 120_000 }, async () => {
  shard = await startShard();
  const node = await shard.start(0);
  await serves(node);
  await node.admin.applyNamespaces(shard.keepNamespaces(1, ['shop', 'gone']));
  const client = shard.client(node);
  const keys = await fill(client);
  await put(node, 'shop/tagged', { value: [1, 2], tags: ['red'], ttl: 3600 });
  await put(node, 'shop/tagged', { value: [1, 2, 3], tags: ['red'], ttl: 3600 });
  await put(node, 'gone/key', { value: 1 });
  await client.set('removed', 'x');
  await client.del('removed');
  const before = await Promise.all(keys.map((key) => seen(client, key)));
  const tagged = await versionOf(node, 'shop/tagged');
  const long = await versionOf(node, 'default/long');

  const kept = await hibernated(node);
  expect(kept).toMatchObject({ phase: 'complete', keys: await client.dbsize() });
  expect(shard.lease()).toMatchObject({ sealed: kept.id, isr: [node.pod] });
  await expect(client.set('text', 'later')).rejects.toThrow(/^HIBERNATING The cluster is being hibernated: writes are refused/);
  await expect(client.multi().get('text').set('text', 'later').exec()).rejects.toThrow(/^EXECABORT/);
  const refused = await put(node, 'shop/tagged', { value: 4 });
  expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'HIBERNATING' }]);
  expect(await client.get('text')).toBe('value');
  expect(await node.stop()).toBe(0);

  // A namespace that is deleted with its keys while the shard sleeps does not come back.
  shard.keepNamespaces(2, ['shop'], [{ name: 'gone', uid: 'uid-gone' }]);
  const again = await shard.start(0);
  await serves(again);
  const woken = shard.client(again);
  expect(await Promise.all(keys.map((key) => seen(woken, key)))).toEqual(before);
  expect(await woken.dbsize()).toBe(kept.keys - 1);
  expect(await versionOf(again, 'shop/tagged')).toMatchObject({ version: tagged.version, created_at: tagged.created_at });
  expect(await versionOf(again, 'default/long')).toMatchObject({ version: long.version, created_at: long.created_at });
  expect((await again.admin.status()).takeover).toMatchObject({ cause: 'woken', epoch: 2 });
  expect(shard.lease().sealed).toBeUndefined();
  await eventually(() => !exists(shard.snapshotOf(0)), Boolean);
  expect((await put(again, 'shop/tagged', { value: 5, tags: ['blue'] })).status).toBe(200);
  expect((await versionOf(again, 'shop/tagged')).version.eu).toBeGreaterThan(tagged.version.eu);
  expect(await woken.set('text', 'later')).toBe('OK');
  const flushed = await fetch(`http://127.0.0.1:${again.ports.http}/api/v1/cache/shop?tag=blue`, { method: 'DELETE' });
  expect(await flushed.json()).toMatchObject({ deleted_count: 1 });
});

it('H1: with copies, the primary alone keeps the shard, nobody takes over from it, and the copies fill themselves again', { timeout: 120_000 }, async () => {
  shard = await startShard({ replicas: 1 });
  const nodes = await Promise.all([0, 1].map((ordinal) => shard.start(ordinal)));
  const holder = await primaryOf(nodes);
  await eventually(() => nodes[holder].admin.status(), ({ isr }) => isr.length === 2);
  const client = shard.client(nodes[holder]);
  const keys = await fill(client);
  const before = await Promise.all(keys.map((key) => seen(client, key)));
  const livesMs = 5_000;
  await client.set('short', 'x', 'PX', livesMs);
  const endsMs = Date.now() + livesMs;
  const { id } = await hibernated(nodes[holder]);
  expect(shard.lease()).toMatchObject({ sealed: id, isr: [nodes[holder].pod] });
  // The holder goes first and for long: the copy has all data, and does not take the shard.
  expect(await nodes[holder].stop()).toBe(0);
  expect((await nodes[1 - holder].admin.status()).role).not.toBe('primary');
  await nodes[1 - holder].stop();
  expect(shard.lease()).toMatchObject({ sealed: id });

  // P16: time goes on while nobody has the shard.
  await eventually(async () => Date.now(), (now) => now > endsMs);
  const woken = await Promise.all([0, 1].map((ordinal) => shard.start(ordinal)));
  expect(await primaryOf(woken)).toBe(holder);
  expect(await shard.client(woken[holder]).exists('short')).toBe(0);
  const { isr, takeover } = await eventually(() => woken[holder].admin.status(), (status) => status.isr.length === 2);
  expect(isr.length).toBe(2);
  expect(takeover).toMatchObject({ cause: 'woken' });
  const first = shard.client(woken[holder]);
  expect(await Promise.all(keys.map((key) => seen(first, key)))).toEqual(before);
  await first.set('text', 'after');
  const copy = shard.client(woken[1 - holder]);
  await copy.call('READONLY');
  expect(await eventually(() => copy.get('text'), (value) => value === 'after')).toBe('after');
  expect(await copy.dbsize()).toBe(await first.dbsize());
});

it('V1, P5: what was written after the shard was told to stay awake is never undone by the snapshot that was on the volume', { timeout: 120_000 }, async () => {
  shard = await startShard();
  const node = await shard.start(0);
  await serves(node);
  const client = shard.client(node);
  await client.set('key', 'old');
  await hibernated(node);
  await thawed(node);
  expect(exists(shard.snapshotOf(0))).toBe(false);
  expect(shard.lease().sealed).toBeUndefined();
  await client.set('key', 'new');
  const second = await hibernated(node);
  await node.stop('SIGKILL');
  const again = await shard.start(0);
  await serves(again);
  expect(await shard.client(again).get('key')).toBe('new');
  expect(second.keys).toBe(1);
});
