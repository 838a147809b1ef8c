import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chooseBackend } from '../../node/io/choose-backend.ts';
import { createNodeContext } from '../../node/server/create-node-context.ts';
import { startRedisServer } from '../../node/server/start.ts';
import { Store } from '../../node/engine/store.ts';
import { keepStore } from '../../node/keep-store.ts';
import type { Invalidation } from '../../node/tenants/invalidation.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import type { NamespaceSettings } from '../../shared/namespaces/document.ts';
import { oneNodeView } from '../../test/protocol/one-node-view.ts';

export interface Program {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
}

const clockTicksPerSecond = 100;
const many = 1_000;

/** A namespace that asks for nothing but what is given. */
function namespaceOf(name: string, given: Partial<NamespaceSettings> = {}): NamespaceSettings {
  return { name, uid: name, tenant: name, consistency: 'eventual', ttlJitterPercent: 0, slidingExpiry: false, maxValueBytes: 1024 * 1024, quota: {}, trackAccess: false, access: [], ...given };
}

/** What the measured server is told, by name. */
export const worlds: Readonly<Record<string, readonly NamespaceSettings[]>> = {
  none: [],
  counted: [namespaceOf('app'), ...Array.from({ length: many - 1 }, (_, i) => namespaceOf(`other-${i}`))],
  limited: [namespaceOf('app', { quota: { memoryBytes: 2 ** 33, keys: 1e9, opsPerSecond: 1e8, egressBytesPerSecond: 1e12, connections: 10_000 }, defaultTtlMs: 86_400_000, ttlJitterPercent: 10 }), namespaceOf('other')],
  noisy: [namespaceOf('noisy', { quota: { opsPerSecond: 5_000 } }), namespaceOf('calm')],
};

/** Serves one shard under one of the `worlds`, until it is killed. */
export async function serve(port: number, world: string): Promise<void> {
  const store = new Store({ seed: 1, random: systemPorts.random.unit });
  store.setPolicy('allkeys-s3fifo');
  const node = createNodeContext({ ports: systemPorts, cluster: oneNodeView(port), store });
  if (world !== 'none') node.namespaces?.apply({ formatVersion: 1, revision: 1, namespaces: [...worlds[world]], retired: [] });
  await startRedisServer({ node, host: '127.0.0.1', port, backend: chooseBackend(undefined, systemPorts.timers) });
  keepStore(store, systemPorts, () => node);
  process.on('message', (what) => void invalidateHere(node, what as Invalidation));
}

async function invalidateHere(node: ReturnType<typeof createNodeContext>, what: Invalidation): Promise<void> {
  const begin = performance.now();
  const before = process.cpuUsage();
  const deleted = await node.internals.tenants.invalidations.run('app', what);
  const { user, system } = process.cpuUsage(before);
  process.send?.({ deleted, ms: performance.now() - begin, cpuMs: (user + system) / 1000 });
}

/** A server of its own process, on core 0. */
export async function start(world: string): Promise<Program> {
  const port = await freePort();
  const child = spawn('taskset', ['-c', '0', process.execPath, join(import.meta.dirname, '../main.ts'), 'tenants', 'serve', String(port), world], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await untilListening(port);
  return { name: world, port, process: child };
}

/** Ticks of a hundredth of a second that the process has used. */
export function cpuSeconds({ process: child }: Program): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
