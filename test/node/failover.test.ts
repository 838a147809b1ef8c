import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { checkLinearizability } from '../sim/check/linearizability.ts';
import { showOperation, type History } from '../sim/check/history.ts';
import { keysOfShard, startHistoryClients, type HistoryClients } from './history-clients.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from './region-of-processes.ts';
import { primaryInSync, strikePrimary } from './strike.ts';

let region: ProcessRegion;

afterEach(() => region.close());

const inSync = (node: NodeProcess, copies: number) => eventually(() => node.admin.status(), (status) => status.isr.length === copies && (status.role === 'primary' || status.role === 'replica'));
const leads = (node: NodeProcess) => eventually(() => node.admin.status(), (status) => status.role === 'primary');
/** Waited for however slow the machine is. */
const timeout = 120_000;

/** Two shards of two copies each: the second shard's nodes are the second eyes and the witnesses of the first. */
async function startTwoByTwo(): Promise<NodeProcess[]> {
  region = await startRegion({ shards: 2, replicas: 1 });
  const nodes = await Promise.all([[0, 0], [0, 1], [1, 0], [1, 1]].map(([shard, ordinal]) => region.start(shard, ordinal)));
  await Promise.all(nodes.map((node) => inSync(node, 2)));
  return nodes;
}

const keys = keysOfShard(0, 2, 8);
const clientsOf = (nodes: readonly NodeProcess[], patienceMs?: number): HistoryClients => startHistoryClients({ ports: () => nodes.slice(0, 2).map((node) => node.ports.redis), clients: 6, keys, patienceMs });
const acknowledgedAfter = (history: History, ms: number): Promise<unknown> => eventually(() => history.operations.filter((one) => one.kind === 'write' && one.outcome === 'ok' && one.callMs > ms).length, (count) => count >= 20);
/** Changes of primary that nobody asked for: where the machine stands still for a second. */
const takeovers = (nodes: readonly NodeProcess[]): number => nodes.flatMap((node) => node.records).filter(({ what, cause }) => (what === 'promoted' && cause !== 'resigned') || (what === 'resigned' && cause !== 'switchover')).length;
const withoutAnswer = (history: History, from: number): readonly string[] => history.operations.slice(from).filter((one) => one.reason !== undefined).map(showOperation);

function expectNothingLost({ history }: HistoryClients): void {
  const { ok, operations } = checkLinearizability(history.operations);
  expect(ok, (operations ?? []).slice(-40).map(showOperation).join('\n')).toBe(true);
}

/** Kills or stops the primary; resolves when the other copy leads and acknowledges. */
async function strike(nodes: readonly NodeProcess[], { history }: HistoryClients, signal: 'SIGKILL' | 'SIGSTOP'): Promise<number> {
  const { struck, atMs } = await strikePrimary(region, nodes.slice(0, 2), 2, signal);
  await leads(nodes[1 - struck]);
  region.kube.unheard.clear();
  await acknowledgedAfter(history, atMs);
  return struck;
}

describe('a shard of two copies under load', () => {
  it('P1: loses no acknowledged write when its primary is killed, and serves again without an operator', { timeout }, async () => {
    const nodes = await startTwoByTwo();
    const clients = clientsOf(nodes);
    await acknowledgedAfter(clients.history, 0);
    const struck = await strike(nodes, clients, 'SIGKILL');
    await clients.finish();
    expectNothingLost(clients);
    expect(nodes[1 - struck].records.findLast((record) => record.what === 'promoted')?.cause).toMatch(/^(proof|silence)$/);
  });

  it('P5: takes a killed primary back as an empty new incarnation, with a copy of everything', { timeout }, async () => {
    const nodes = await startTwoByTwo();
    const clients = clientsOf(nodes);
    await acknowledgedAfter(clients.history, 0);
    const first = await strike(nodes, clients, 'SIGKILL');
    nodes[first] = await region.start(0, first, { ports: nodes[first].ports });
    // The copy that was taken back is the only one left then, and has it all.
    expect(await strike(nodes, clients, 'SIGKILL')).toBe(1 - first);
    await clients.finish();
    expectNothingLost(clients);
  });

  it('P2, P3: promotes the replica of a primary that stands still; the one that wakes acknowledges nothing and shows nothing old', { timeout }, async () => {
    const nodes = await startTwoByTwo();
    const clients = clientsOf(nodes);
    await acknowledgedAfter(clients.history, 0);
    const struck = await strike(nodes, clients, 'SIGSTOP');
    nodes[struck].child.kill('SIGCONT');
    await inSync(nodes[struck], 2);
    await acknowledgedAfter(clients.history, performance.now());
    await clients.finish();
    expectNothingLost(clients);
  });

  it('P13: hands over on demand, there and back, without a failed operation', { timeout }, async () => {
    const nodes = await startTwoByTwo();
    const clients = clientsOf(nodes, timeout);
    let begun = 0;
    let disturbances = takeovers(nodes);
    for (let handedOver = 0; handedOver < 3; ) {
      const from = await eventually(() => primaryInSync(region, nodes.slice(0, 2), 2), (place) => place !== undefined) as number;
      const answer = await nodes[from].admin.switchover().catch(() => undefined);
      if (answer?.handedOver === true) {
        await leads(nodes[1 - from]);
        await acknowledgedAfter(clients.history, performance.now());
        handedOver += 1;
      }
      if (takeovers(nodes) === disturbances) continue;
      // Not what this is about: counted from here again.
      [begun, handedOver, disturbances] = [clients.history.operations.length, 0, takeovers(nodes)];
    }
    await clients.finish();
    expectNothingLost(clients);
    expect(withoutAnswer(clients.history, begun)).toEqual([]);
    const primary = await eventually(() => primaryInSync(region, nodes.slice(0, 2), 2), (place) => place !== undefined) as number;
    expect(await nodes[1 - primary].admin.switchover()).toEqual({ handedOver: false });
  });

  it('P13: hands over when the primary is asked to stop, without a failed operation', { timeout }, async () => {
    const nodes = await startTwoByTwo();
    const clients = clientsOf(nodes, timeout);
    await acknowledgedAfter(clients.history, 0);
    const from = await eventually(() => primaryInSync(region, nodes.slice(0, 2), 2), (place) => place !== undefined) as number;
    const disturbances = takeovers(nodes);
    const stopping = nodes[from].stop('SIGTERM');
    await leads(nodes[1 - from]);
    await acknowledgedAfter(clients.history, performance.now());
    expect(await stopping).toBe(0);
    await clients.finish();
    expectNothingLost(clients);
    if (takeovers(nodes) === disturbances) expect(withoutAnswer(clients.history, 0)).toEqual([]);
  });

  it('goes on answering those who know its address when it is told to end, while clients are no longer told of it', { timeout }, async () => {
    region = await startRegion({ shards: 1, replicas: 1 });
    const env = { MERIDIAN_LINGER_MS: '30000' };
    const nodes = [await region.start(0, 0, { env }), await region.start(0, 1, { env })];
    const from = await eventually(() => primaryInSync(region, nodes, 2), (place) => place !== undefined) as number;
    const [primary, copy] = [nodes[from], nodes[1 - from]];
    const [toPrimary, toCopy] = [primary, copy].map(({ ports }) => new Redis(ports.redis, { lazyConnect: true }).on('error', () => undefined));
    const shown = async (client: Redis): Promise<readonly unknown[]> => ((await client.cluster('SLOTS')) as (readonly unknown[])[]).flatMap((range) => range.slice(2).map((server) => (server as readonly unknown[])[1]));
    const leaving = copy.stop();
    for (const client of [toPrimary, toCopy]) expect(await eventually(() => shown(client), (servers) => servers.length === 1)).toEqual([primary.ports.redis]);
    await expect(toCopy.get('key')).rejects.toThrow(`127.0.0.1:${primary.ports.redis}`);
    // Whole to the end: no write waits for its going.
    expect(await toPrimary.set('key', 'value')).toBe('OK');
    expect((await primary.admin.status()).isr).toHaveLength(2);
    // Nobody stays who could serve: there is nothing to linger for.
    expect(await Promise.all([leaving, primary.stop()])).toEqual([0, 0]);
    for (const client of [toPrimary, toCopy]) client.disconnect();
  });
});
