import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ConformanceFault } from './redis-source.ts';
import type { Address } from './run-suite.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const host = '127.0.0.1';
/** For a server that was told to stop. */
const patienceMs = 20_000;

export interface RunningServer {
  readonly address: Address;
  stop(): Promise<void>;
}

export interface LocalCluster extends RunningServer {
  /** Base URL of the HTTP API. */
  readonly http: string;
  /** Of local mode, whose child the node is. */
  readonly pid: number;
}

export interface LocalShape {
  readonly memory: string;
  readonly eviction: string;
}

const manifestOf = ({ memory, eviction }: LocalShape): string => `apiVersion: meridiancache.io/v1alpha1
kind: CacheCluster
metadata:
  name: conformance
  namespace: default
spec:
  shards: 1
  replicas: 0
  memory: ${memory}
  eviction: ${eviction}
  regions:
    - name: here
`;

/** One shard in local mode on free ports. */
export async function startLocalCluster(shape: LocalShape = { memory: '1Gi', eviction: 'noeviction' }): Promise<LocalCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-conformance-'));
  writeFileSync(join(folder, 'cluster.yaml'), manifestOf(shape));
  const [redisPort, httpPort, statusPort] = await freePorts(3);
  const args = [join(root, 'cli/main.ts'), 'local', '-f', join(folder, 'cluster.yaml'), '--json', '--port', `${redisPort}`, '--http-port', `${httpPort}`, '--status-port', `${statusPort}`];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  endWithUs(child);
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      said.push(line);
      if (line.startsWith('{"event":"ready"')) resolve();
    });
    child.once('exit', (code) => reject(new ConformanceFault(`local mode ended with ${code} before it was ready:\n${said.join('\n')}`)));
  });
  await ready;
  return { address: { host, port: redisPort }, http: `http://${host}:${httpPort}`, pid: child.pid ?? 0, stop: () => stopped(child, folder) };
}

/** redis-server in cluster mode that serves every slot: what the figures are compared with. */
export async function startReference(): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-reference-'));
  const [port, busPort] = await freePorts(2);
  const args = ['--port', `${port}`, '--bind', host, '--cluster-enabled', 'yes', '--cluster-port', `${busPort}`, '--save', '', '--dir', folder, '--enable-debug-command', 'yes'];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  endWithUs(child);
  child.once('error', () => {});
  if (child.pid === undefined) throw new ConformanceFault('redis-server cannot be started: it is needed for --reference');
  const ask = (...words: readonly string[]): string => spawnSync('redis-cli', ['-h', host, '-p', `${port}`, ...words], { encoding: 'utf8' }).stdout;
  while (!ask('PING').startsWith('PONG')) {
    if (child.exitCode !== null) throw new ConformanceFault('redis-server ended at once');
  }
  ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  while (!ask('CLUSTER', 'INFO').includes('cluster_state:ok'));
  return { address: { host, port }, stop: () => stopped(child, folder) };
}

/** A run that ends early leaves no server behind. */
function endWithUs(child: ChildProcess): void {
  const kill = (): void => void child.kill();
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}

async function stopped(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const last = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await ended;
    clearTimeout(last);
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Different ports that were free a moment ago. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      server.listen(0, host);
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
