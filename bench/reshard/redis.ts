import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { slotCount } from '../../shared/slots/crc16.ts';
import { fill } from './fill.ts';

const shards = 3;
function cli(...args: readonly string[]): string {
  const { status, stdout } = spawnSync('redis-cli', args, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  if (status !== 0) throw new Error(`redis-cli ${args[1]}: ${stdout.slice(-300)}`);
  return stdout;
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

/** Every server knows all of them, and that all slots are served. */
async function agreed(servers: readonly { readonly port: number }[]): Promise<void> {
  const known = (port: number): boolean => {
    const info = cli('-p', String(port), 'cluster', 'info');
    return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${servers.length}`);
  };
  while (!servers.every(({ port }) => known(port))) await pause();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** The same with redis-server in cluster mode and its own tool, no copies and no clients. */
export async function reshardRedis(bytes: number, valueBytes: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'reshard-redis-'));
  const servers: { readonly port: number; readonly child: ChildProcess }[] = [];
  try {
    for (let i = 0; i <= shards; i++) {
      const port = await freePort();
      const child = spawn('redis-server', ['--port', String(port), '--cluster-enabled', 'yes', '--cluster-port', String(await freePort()), '--cluster-config-file', join(folder, `nodes-${i}.conf`), '--save', '', '--dir', folder, '--bind', '127.0.0.1'], { stdio: 'ignore' });
      servers.push({ port, child });
    }
    const address = (i: number): string => `127.0.0.1:${servers[i].port}`;
    for (const { port } of servers) while (spawnSync('redis-cli', ['-p', String(port), 'ping'], { encoding: 'utf8' }).stdout.trim() !== 'PONG') await pause();
    cli('--cluster', 'create', ...servers.slice(0, shards).map((_, i) => address(i)), '--cluster-yes');
    await agreed(servers.slice(0, shards));
    // redis-cli shares slots out with rounded bounds.
    const bounds = servers.slice(0, shards).map(({ port }) => ({ port, slots: cli('-p', String(port), 'cluster', 'nodes').split('\n').find((line) => line.includes('myself'))?.split(' ').at(-1) ?? '' }));
    const portOfSlot = (slot: number): number => bounds.find(({ slots }) => Number(slots.split('-')[0]) <= slot && slot <= Number(slots.split('-')[1]))?.port ?? 0;
    await fill(portOfSlot, bytes, valueBytes);
    cli('--cluster', 'add-node', address(shards), address(0));
    await agreed(servers);
    const moved = Math.floor(slotCount / (shards + 1));
    const to = cli('-p', String(servers[shards].port), 'cluster', 'myid').trim();
    const begin = performance.now();
    cli('--cluster', 'reshard', address(0), '--cluster-from', 'all', '--cluster-to', to, '--cluster-slots', String(moved), '--cluster-yes', '--cluster-pipeline', '100');
    const seconds = (performance.now() - begin) / 1000;
    const megabytes = (bytes * moved) / slotCount / (1024 * 1024);
    console.log(`redis-cli --cluster reshard, pipeline 100: ${moved} slots, ${megabytes.toFixed(0)} MB in ${seconds.toFixed(1)} s = ${(megabytes / seconds).toFixed(1)} MB/s in all (one slot after the other)`);
  } finally {
    for (const { child } of servers) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
