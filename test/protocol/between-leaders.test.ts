import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdBetweenLeaders } from '../../node/server/between-leaders.ts';
import type { ClusterView } from '../../node/topology/view.ts';
import { oneNodeView } from './one-node-view.ts';
import { rawClient, resp, type RawClient } from './raw-client.ts';
import { startNode, type TestNode } from './start-node.ts';

let one: TestNode;
let client: RawClient;

beforeEach(async () => {
  one = await startNode();
  client = await rawClient(one.port);
});
afterEach(async () => {
  client.end();
  await one.server.stop({ drainMs: 0 });
});

/** What the node sees from now on: it serves nothing, and the primary is this one. */
function see(primary: ClusterView['self'] | undefined): void {
  const before = one.node.cluster;
  one.node.cluster = { ...before, servedHere: new Uint8Array(16_384), self: { ...before.self, role: 'replica' }, primaryOf: () => primary };
  holdBetweenLeaders(one.node.internals.slotGate, before, one.node.cluster);
}

const successor = { ...oneNodeView(7_777).self, id: 'b'.repeat(40), pod: 'c-r-s0-1' };

test('a command that comes between two primaries waits, and is sent to the next one', async () => {
  see(undefined);
  client.send(resp('GET', 'key'));
  // Another client is answered after that: the first one's command has been looked at.
  const other = await rawClient(one.port);
  other.send(resp('PING'));
  expect(await other.received(7)).toBe('+PONG\r\n');
  other.send(resp('SET', 'key', 'value'));
  see(successor);
  const moved = '-MOVED 12539 127.0.0.1:7777\r\n';
  expect(await client.received(moved.length)).toBe(moved);
  expect(await other.received(7 + moved.length)).toBe(`+PONG\r\n${moved}`);
  other.end();
});

test('so does a question for the slots: an answer without those of the shard would be taken for the whole', async () => {
  see(undefined);
  client.send(resp('CLUSTER', 'SLOTS'));
  const other = await rawClient(one.port);
  other.send(Buffer.concat([resp('CLUSTER', 'KEYSLOT', 'key'), resp('CLUSTER', 'shards')]));
  expect(await other.received(8)).toBe(':12539\r\n');
  one.node.internals.slotGate.leaderKnown(0);
  expect((await client.received(1)).startsWith('*')).toBe(true);
  expect((await other.received(9)).slice(8, 9)).toBe('*');
  other.end();
});

test('it waits no longer than a hand-over may take: then the client is told', async () => {
  see(undefined);
  one.node.internals.slotGate.awaitLeader(0, [[0, 16_383]], 1);
  client.send(resp('GET', 'key'));
  const down = '-CLUSTERDOWN Hash slot not served\r\n';
  expect(await client.received(down.length)).toBe(down);
});

test('slots of a move that are closed meanwhile stay so, and a reader of copies does not wait', async () => {
  const gate = one.node.internals.slotGate;
  gate.close({ from: 0, to: 16_383 }, 'writes', 60_000);
  gate.awaitLeader(0, [[0, 16_383]], 60_000);
  gate.leaderKnown(0);
  client.send(Buffer.concat([resp('GET', 'key'), resp('SET', 'key', 'value')]));
  expect(await client.received(5)).toBe('$-1\r\n');
  gate.open({ from: 0, to: 16_383 });
  expect(await client.received(10)).toBe('$-1\r\n+OK\r\n');
  gate.awaitLeader(0, [[0, 16_383]], 60_000);
  client.send(Buffer.concat([resp('READONLY'), resp('GET', 'key')]));
  expect(await client.received(26)).toBe('$-1\r\n+OK\r\n+OK\r\n$5\r\nvalue\r\n');
});
