import { afterEach, expect, it } from 'vitest';
import type { NodeStatus } from '../../shared/admin/contract.ts';
import { parseBusKey } from '../../shared/bus/identity.ts';
import { silentLogger } from '../../shared/log/log.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { startAdminServer, type AdminServer } from '../../node/admin/admin-server.ts';
import { createNodeApi } from '../../operator/node-api/admin-port.ts';
import type { NodeTarget } from '../../operator/node-api/node-api.ts';

const busKey = 'ab'.repeat(32);
const target: NodeTarget = { namespace: 'apps', pod: 'demo-east-s0-0', podUid: 'pod-uid', host: '127.0.0.1', clusterUid: 'cluster-uid', busKey };
const status: NodeStatus = {
  formatVersion: 1, pod: target.pod, podUid: target.podUid, incarnation: '0'.repeat(32), version: '1.0.0', region: 'east', shard: 0, role: 'primary', epoch: 3, isr: [target.pod],
  slotsOwned: 16384, ownershipVersion: 1, keys: 5, memoryUsedBytes: 6, memoryLimitBytes: 7, opsPerSecond: 8,
};

let server: AdminServer;
afterEach(() => server.close());

async function node(answer: NodeStatus = status) {
  server = await startAdminServer({
    ports: systemPorts,
    identity: { role: 'node', clusterUid: target.clusterUid, pod: target.pod, podUid: target.podUid, incarnation: '0'.repeat(32) },
    keys: () => [parseBusKey(busKey) as Uint8Array],
    host: '127.0.0.1',
    port: 0,
    actions: { status: () => answer, applyConfig: () => 1 as never, targetsChanged: () => Promise.resolve(undefined), applyNamespaces: () => 4, namespaceFigures: () => ({ revision: 4, leads: true, namespaces: [] }), hibernate: () => undefined, switchover: () => Promise.resolve(false) },
    log: silentLogger,
  });
  return createNodeApi({ ports: systemPorts, caller: 'operator-0', port: server.port });
}

it("reads a node's status over its real admin port", async () => {
  expect(await (await node()).status(target)).toEqual(status);
});

it('refuses a node of another cluster, another pod, and one that does not know the key', async () => {
  const api = await node();
  await expect(api.status({ ...target, clusterUid: 'other' })).rejects.toMatchObject({ code: 'BUS_IDENTITY' });
  await expect(api.status({ ...target, pod: 'demo-east-s0-1' })).rejects.toThrow();
  await expect(api.status({ ...target, podUid: 'an earlier pod' })).rejects.toMatchObject({ code: 'BUS_IDENTITY' });
  await expect(api.status({ ...target, busKey: 'cd'.repeat(32) })).rejects.toThrow();
  await expect(api.status({ ...target, busKey: 'nonsense' })).rejects.toMatchObject({ code: 'NODE_CONFIG' });
});

it('fails at once where nobody listens', async () => {
  const api = await node();
  await server.close();
  await expect(api.status(target)).rejects.toMatchObject({ code: 'BUS_UNREACHABLE' });
});
