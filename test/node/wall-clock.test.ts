import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from './region-of-processes.ts';
import { strikePrimary } from './strike.ts';

let region: ProcessRegion;
let nodes: NodeProcess[];
const clients = new Map<string, Redis>();

afterEach(async () => {
  for (const client of clients.values()) client.disconnect();
  clients.clear();
  await region.close();
});

const hourMs = 3_600_000;
const lifeMs = 1_800_000;
/** Waited for however slow the machine is. */
const timeout = 120_000;
/** Shard time runs at most a twentieth faster or slower than the machine's. */
const slewedMs = timeout / 20;

const clockFile = (ordinal: number): string => join(region.folder, `clock-${ordinal}`);

/** A node whose wall clock the test can step. */
function startStepped(ordinal: number): Promise<NodeProcess> {
  writeFileSync(clockFile(ordinal), '0');
  const preload = new URL('../setup/stepped-clock.ts', import.meta.url).href;
  return region.start(0, ordinal, { env: { NODE_OPTIONS: `--import=${preload}`, MERIDIAN_TEST_CLOCK_FILE: clockFile(ordinal) } });
}

async function step(node: NodeProcess, ordinal: number, offsetMs: number): Promise<void> {
  writeFileSync(clockFile(ordinal), String(offsetMs));
  node.child.kill('SIGUSR2');
  await eventually(() => node.records, (records) => records.findLast(({ message }) => message === 'the wall clock stepped')?.offsetMs === offsetMs);
}

function clientOf(node: NodeProcess): Redis {
  const client = clients.get(node.pod) ?? new Redis(node.ports.redis, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null, enableReadyCheck: false });
  if (!clients.has(node.pod)) client.on('error', () => undefined);
  clients.set(node.pod, client);
  return client;
}

/** On whoever leads, for a machine that stands still changes that too. */
async function onPrimary<T>(run: (client: Redis) => Promise<T>): Promise<T> {
  const [answer] = await eventually(async () => {
    const lease = region.kube.objects.get(region.leasePath(0));
    const primary = nodes.find(({ pod, child }) => pod === lease?.spec?.holderIdentity && child.signalCode === null) as NodeProcess;
    return [await run(clientOf(primary))];
  }, () => true);
  return answer;
}

const epoch = (): unknown => region.kube.objects.get(region.leasePath(0))?.spec?.leaseTransitions;

/** Everything that was given half an hour has about as much left, and what is given a moment goes. */
async function livesOn(keys: readonly string[], sinceMs: number): Promise<void> {
  for (const key of keys) {
    const leftMs = await onPrimary((client) => client.pttl(key));
    expect(leftMs).toBeGreaterThan(lifeMs - (performance.now() - sinceMs) - slewedMs);
    expect(leftMs).toBeLessThanOrEqual(lifeMs + slewedMs);
  }
  expect(await onPrimary((client) => client.set('{k}moment', 'v', 'PX', 50))).toBe('OK');
  expect(await eventually(() => onPrimary((client) => client.exists('{k}moment')), (count) => count === 0)).toBe(0);
}

/** Steps that leave the Lease alone: again where it changed, which on a machine that stands still has another cause. */
async function steps(ordinal: number, offsetMs: number, keys: readonly string[], sinceMs: number): Promise<void> {
  for (let before: unknown; before !== epoch(); ) {
    before = epoch();
    await step(nodes[ordinal], ordinal, 0);
    await step(nodes[ordinal], ordinal, offsetMs);
    await livesOn(keys, sinceMs);
  }
}

it('P16, B5: steps of the wall clock by an hour, forth and back, on the primary and on its copy, expire nothing early and move no lease', { timeout }, async () => {
  region = await startRegion({ shards: 1, replicas: 1 });
  nodes = await Promise.all([0, 1].map(startStepped));
  await Promise.all(nodes.map((node) => eventually(() => node.admin.status(), ({ isr }) => isr.length === 2)));
  const began = performance.now();
  const keys: string[] = [];
  for (const [ordinal, offsetMs] of [[0, hourMs], [1, -hourMs], [0, -hourMs], [1, hourMs]] as const) {
    const key = `{k}${keys.length}`;
    expect(await onPrimary((client) => client.set(key, key, 'PX', lifeMs))).toBe('OK');
    keys.push(key);
    await steps(ordinal, offsetMs, keys, began);
  }
  // An hour behind and an hour ahead: who takes over goes on from what it was told.
  const { struck } = await strikePrimary(region, nodes, 2, 'SIGKILL');
  await eventually(() => nodes[1 - struck].admin.status(), ({ role, notServing }) => role === 'primary' && notServing === undefined);
  await livesOn(keys, began);
  expect(await onPrimary((client) => client.mget(keys))).toEqual(keys);
});

it('P16: the same where a shard has one copy', { timeout }, async () => {
  region = await startRegion({ shards: 1 });
  nodes = [await startStepped(0)];
  await eventually(() => nodes[0].admin.status(), ({ role, notServing }) => role === 'primary' && notServing === undefined);
  const began = performance.now();
  expect(await onPrimary((client) => client.set('{k}0', 'v', 'PX', lifeMs))).toBe('OK');
  for (const offsetMs of [hourMs, -hourMs]) await steps(0, offsetMs, ['{k}0'], began);
});
