import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from './region-of-processes.ts';
import { strikePrimary } from './strike.ts';

let region: ProcessRegion;
const clients: Redis[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await region.close();
});

const mib = 1024 * 1024;

function clientOf(node: NodeProcess): Redis {
  const client = new Redis(node.ports.redis, '127.0.0.1', { retryStrategy: () => null });
  // The one whose node is killed.
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

it('P1: values that no frame of the bus holds reach the copy, in the stream and in a full copy, and outlive the primary', { timeout: 120_000 }, async () => {
  region = await startRegion({ shards: 1, replicas: 1, memoryBytes: 256 * mib });
  const nodes = await Promise.all([0, 1].map((ordinal) => region.start(0, ordinal)));
  const both = (node: NodeProcess) => eventually(() => node.admin.status(), (status) => status.isr.length === 2);
  await Promise.all(nodes.map(both));
  const roles = await Promise.all(nodes.map(async (node) => (await node.admin.status()).role));
  const primary = clientOf(nodes[roles.indexOf('primary')]);
  const streamed = Buffer.alloc(9 * mib, 's');
  await primary.set('streamed', streamed);
  // The backlog does not hold it: the copy begins anew.
  const copied = Buffer.alloc(20 * mib, 'c');
  await primary.set('copied', copied);
  await Promise.all(nodes.map(both));
  const { struck } = await strikePrimary(region, nodes, 2, 'SIGKILL');
  const survivor = nodes[1 - struck];
  await eventually(() => survivor.admin.status(), (status) => status.role === 'primary');
  const client = clientOf(survivor);
  const [first, second] = await Promise.all([client.getBuffer('streamed'), client.getBuffer('copied')]);
  expect(first?.equals(streamed)).toBe(true);
  expect(second?.equals(copied)).toBe(true);
});
