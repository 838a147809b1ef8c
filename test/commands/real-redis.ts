import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { respClient } from './resp-client.ts';
import { show } from './resp-values.ts';

export interface RealRedis {
  readonly port: number;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Gives the one node all slots and waits until it serves them. */
async function serveAllSlots(port: number): Promise<void> {
  const client = await respClient(port);
  await client.ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  while (show(await client.ask('SET', 'probe', '1')) !== '+"OK"') await new Promise((resolve) => setImmediate(resolve));
  client.close();
}

/** Debian's redis-server, in memory, on a free port of loopback, as a cluster of one node. */
export async function startRealRedis(): Promise<RealRedis> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'meridian-redis-'));
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--enable-debug-command', 'yes', '--cluster-enabled', 'yes', '--cluster-port', String(await freePort()), '--dir', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('Ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(text)));
  });
  await serveAllSlots(port);
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true });
    },
  };
}
