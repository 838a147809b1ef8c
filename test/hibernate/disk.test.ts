import { readFileSync, writeFileSync, symlinkSync, copyFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { eventually, type NodeProcess } from '../node/region-of-processes.ts';
import { exists, hibernated, serves, startShard, thawed, type SleepyShard } from './shard.ts';

let shard: SleepyShard;
afterEach(() => shard.close());

async function metric(node: NodeProcess, name: string): Promise<string[]> {
  const text = await (await fetch(`http://127.0.0.1:${node.ports.metrics}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(`meridian_${name}`));
}

/** What the node says of a snapshot that it cannot keep, while it serves on. */
async function refusesToSleep(node: NodeProcess): Promise<string> {
  const client = shard.client(node);
  expect(await client.set('key', 'value')).toBe('OK');
  const { snapshot } = await eventually(async () => {
    await node.admin.hibernate(true);
    return await node.admin.status();
  }, (status) => status.snapshot?.phase === 'failed');
  expect(await client.set('key', 'after')).toBe('OK');
  expect(await client.get('key')).toBe('after');
  expect((await node.admin.status()).notServing).toBeUndefined();
  expect(shard.lease().sealed).toBeUndefined();
  expect((await metric(node, 'snapshots_failed_total'))[0]).toMatch(/ 1$/);
  expect((await metric(node, 'writes_frozen'))[0]).toMatch(/ 0$/);
  return snapshot?.message ?? '';
}

it('a node whose volume is full says so in status and metrics, and serves on', { timeout: 60_000 }, async () => {
  shard = await startShard();
  const node = await shard.start(0);
  await serves(node);
  // The kernel answers every write to it as a full disk does.
  symlinkSync('/dev/full', `${shard.snapshotOf(0)}.partial`);
  expect(await refusesToSleep(node)).toMatch(/^the volume is full \(ENOSPC/);
  expect(exists(`${shard.snapshotOf(0)}.partial`)).toBe(false);
  // There is room again: told once more after it was told to stay awake, it tries at once.
  await thawed(node);
  expect((await hibernated(node)).keys).toBe(1);
});

it('a node whose volume cannot be written, or is gone, says so and serves on', { timeout: 60_000 }, async () => {
  shard = await startShard();
  // Nobody makes files there, root included.
  const node = await shard.start(0, { env: { MERIDIAN_DATA_DIR: '/sys' } });
  await serves(node);
  expect(await refusesToSleep(node)).toMatch(/^the volume cannot be written \((EACCES|EROFS|EPERM)/);
  await node.stop('SIGKILL');
  const without = await shard.start(0, { env: { MERIDIAN_DATA_DIR: '/nowhere/at/all' } });
  await serves(without);
  expect(await refusesToSleep(without)).toContain('ENOENT');
});

it.each([
  ['with a flipped bit', (path: string) => {
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length / 2)] ^= 4;
    writeFileSync(path, bytes);
  }, 'damaged', 'a checksum does not match'],
  ['that is cut', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, -20)), 'cut', 'it ends'],
] as const)('a snapshot %s is refused as a whole, counted and put aside; the shard comes back empty by the rule for that', { timeout: 60_000 }, async (_what, damage, reason, words) => {
  shard = await startShard({ emptyAfterMs: 2_000 });
  const node = await shard.start(0);
  await serves(node);
  const client = shard.client(node);
  for (let i = 0; i < 200; i++) void client.set(`key:${i}`, 'value');
  await client.ping();
  const { id } = await hibernated(node);
  await node.stop();
  damage(shard.snapshotOf(0));
  const again = await shard.start(0);
  const { snapshot } = await eventually(() => again.admin.status(), (status) => status.snapshot?.phase === 'refused');
  expect(snapshot).toMatchObject({ id });
  expect(snapshot?.message).toContain(words);
  await serves(again);
  expect(await shard.client(again).dbsize()).toBe(0);
  expect((await again.admin.status()).takeover?.cause).toBe('empty');
  expect(await metric(again, 'snapshots_refused_total')).toEqual([expect.stringMatching(new RegExp(`reason="${reason}".* 1$`))]);
  expect(exists(shard.snapshotOf(0))).toBe(false);
  expect(exists(`${shard.snapshotOf(0)}.refused`)).toBe(true);
});

it('H1: a snapshot that the Lease does not name is never loaded, whichever way it came to be there', { timeout: 90_000 }, async () => {
  shard = await startShard({ emptyAfterMs: 2_000 });
  const node = await shard.start(0);
  await serves(node);
  const client = shard.client(node);
  await client.set('key', 'old');
  await hibernated(node);
  copyFileSync(shard.snapshotOf(0), `${shard.snapshotOf(0)}.copy`);
  await thawed(node);
  await client.set('key', 'new');
  await hibernated(node);
  await node.stop();
  // Another snapshot of the same life in the place of the one that is named.
  copyFileSync(`${shard.snapshotOf(0)}.copy`, shard.snapshotOf(0));
  const second = await shard.start(0);
  await serves(second);
  expect(await shard.client(second).get('key')).toBeNull();
  expect(await metric(second, 'snapshots_refused_total')).toEqual([expect.stringContaining('reason="stale"')]);
  await second.stop();
  // And one where none is named.
  copyFileSync(`${shard.snapshotOf(0)}.copy`, shard.snapshotOf(0));
  const third = await shard.start(0);
  await serves(third);
  expect(await shard.client(third).get('key')).toBeNull();
  expect(exists(shard.snapshotOf(0))).toBe(false);
});
