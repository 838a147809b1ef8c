import { afterEach, describe, expect, it } from 'vitest';
import { checkLinearizability } from '../sim/check/linearizability.ts';
import { showOperation, type History } from '../sim/check/history.ts';
import { keysOfShard, startHistoryClients, type HistoryClients } from './history-clients.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from './region-of-processes.ts';

let region: ProcessRegion;

afterEach(() => region.close());

const inSync = (node: NodeProcess, copies: number) => eventually(() => node.admin.status(), (status) => status.isr.length === copies && (status.role === 'primary' || status.role === 'replica'));
const leads = (node: NodeProcess) => eventually(() => node.admin.status(), (status) => status.role === 'primary');

/** Two shards of two copies each: the second shard's nodes are the second eyes and the witnesses of the first. */
async function startTwoByTwo(): Promise<NodeProcess[]> {
  region = await startRegion({ shards: 2, replicas: 1 });
  const nodes = await Promise.all([[0, 0], [0, 1], [1, 0], [1, 1]].map(([shard, ordinal]) => region.start(shard, ordinal)));
  await Promise.all(nodes.map((node) => inSync(node, 2)));
  return nodes;
}

const keys = keysOfShard(0, 2, 8);
const clientsOf = (nodes: readonly NodeProcess[], patienceMs?: number): HistoryClients => startHistoryClients({ ports: () => nodes.slice(0, 2).map((node) => node.ports.redis), clients: 6, keys, patienceMs });
/** Where every operation has to be answered, an answer is waited for however slow the machine is. */
const allPatienceMs = 30_000;
const acknowledgedAfter = (history: History, ms: number): Promise<unknown> => eventually(() => history.operations.filter((one) => one.kind === 'write' && one.outcome === 'ok' && one.callMs > ms).length, (count) => count >= 20);

function expectNothingLost({ history }: HistoryClients): void {
  const { ok, operations } = checkLinearizability(history.operations);
  expect(ok, (operations ?? []).slice(-40).map(showOperation).join('\n')).toBe(true);
}

describe('a shard of two copies under load', () => {
  it('P1: loses no acknowledged write when its primary is killed, and serves again without an operator', { timeout: 60_000 }, async () => {
    const nodes = await startTwoByTwo();
    const clients = clientsOf(nodes);
    await acknowledgedAfter(clients.history, 0);
    const killedMs = performance.now();
    await nodes[0].stop('SIGKILL');
    await leads(nodes[1]);
    await acknowledgedAfter(clients.history, killedMs);
    await clients.finish();
    expectNothingLost(clients);
    const promoted = nodes[1].records.find((record) => record.what === 'promoted');
    expect(promoted).toMatchObject({ epoch: 2, cause: 'proof' });
  });

  it('P5: takes a killed primary back as an empty new incarnation, with a copy of everything', { timeout: 60_000 }, async () => {
    const nodes = await startTwoByTwo();
    const clients = clientsOf(nodes);
    await acknowledgedAfter(clients.history, 0);
    await nodes[0].stop('SIGKILL');
    await leads(nodes[1]);
    nodes[0] = await region.start(0, 0, { ports: nodes[0].ports });
    await inSync(nodes[0], 2);
    await acknowledgedAfter(clients.history, performance.now());
    // The copy that was taken back is the only one left, and has it all.
    await nodes[1].stop('SIGKILL');
    await leads(nodes[0]);
    await acknowledgedAfter(clients.history, performance.now());
    await clients.finish();
    expectNothingLost(clients);
  });

  it('P2, P3: promotes the replica of a primary that stands still; the one that wakes acknowledges nothing and shows nothing old', { timeout: 60_000 }, async () => {
    const nodes = await startTwoByTwo();
    const clients = clientsOf(nodes);
    await acknowledgedAfter(clients.history, 0);
    nodes[0].child.kill('SIGSTOP');
    await leads(nodes[1]);
    await acknowledgedAfter(clients.history, performance.now());
    nodes[0].child.kill('SIGCONT');
    await inSync(nodes[0], 2);
    await acknowledgedAfter(clients.history, performance.now());
    await clients.finish();
    expectNothingLost(clients);
  });

  it('P13: hands over on demand, there and back, without a failed operation', { timeout: 60_000 }, async () => {
    const nodes = await startTwoByTwo();
    const clients = clientsOf(nodes, allPatienceMs);
    await acknowledgedAfter(clients.history, 0);
    for (const [from, to] of [[0, 1], [1, 0], [0, 1]] as const) {
      await inSync(nodes[from], 2);
      // A copy that has no processor for a second takes no hand-over: asked again.
      await eventually(() => nodes[from].admin.switchover(), ({ handedOver }) => handedOver);
      await leads(nodes[to]);
      await acknowledgedAfter(clients.history, performance.now());
    }
    expect(await nodes[0].admin.switchover()).toEqual({ handedOver: false });
    await clients.finish();
    expectNothingLost(clients);
    expect(clients.history.operations.filter((one) => one.outcome === 'unknown').map(showOperation)).toEqual([]);
  });

  it('P13: hands over when the primary is asked to stop, without a failed operation', { timeout: 60_000 }, async () => {
    const nodes = await startTwoByTwo();
    const clients = clientsOf(nodes, allPatienceMs);
    await acknowledgedAfter(clients.history, 0);
    const stopping = nodes[0].stop('SIGTERM');
    await leads(nodes[1]);
    await acknowledgedAfter(clients.history, performance.now());
    await stopping;
    await clients.finish();
    expectNothingLost(clients);
    expect(clients.history.operations.filter((one) => one.outcome === 'unknown' && one.kind === 'write').map(showOperation)).toEqual([]);
  });
});
