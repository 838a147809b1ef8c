import { Store } from '../../node/engine/store.ts';
import type { IoBackend } from '../../node/io/backend.ts';
import { createNodeContext, type NodeContextOptions, type ServerNodeContext } from '../../node/server/create-node-context.ts';
import { startRedisServer, type RedisServer } from '../../node/server/start.ts';
import { createStoreView } from '../../node/store-view.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { oneNodeView } from './one-node-view.ts';

export interface TestNode {
  readonly node: ServerNodeContext;
  readonly server: RedisServer;
  readonly port: number;
}

/** A node with everything real but the topology: one shard, all slots, a free port on loopback. */
export async function startNode(options: Partial<NodeContextOptions> & { readonly port?: number; readonly backend?: IoBackend } = {}): Promise<TestNode> {
  const store = new Store({ seed: 1, random: systemPorts.random.unit });
  const node = createNodeContext({ ports: systemPorts, cluster: oneNodeView(0), store, storeView: createStoreView(store, () => Math.floor(systemPorts.clock.wallMs())), ...options });
  const server = await startRedisServer({ node, host: '127.0.0.1', port: options.port ?? 0, backend: options.backend });
  if (options.cluster === undefined) node.cluster = oneNodeView(server.port);
  return { node, server, port: server.port };
}
