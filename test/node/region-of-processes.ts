import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { adminClient, type AdminClient } from '../../shared/admin/client.ts';
import { parseBusKey, type BusKeys } from '../../shared/bus/identity.ts';
import type { NodeConfig, OwnershipMap, Targets } from '../../shared/kube/documents.ts';
import { evenSplit } from '../../shared/slots/ranges.ts';
import { startLeaseMapServer, type LeaseMapServer } from './lease-map-server.ts';

/** Real node processes of one region on loopback, with what an operator would have made for them. */
export interface NodeProcess {
  readonly pod: string;
  readonly ports: { readonly redis: number; readonly http: number; readonly bus: number; readonly metrics: number; readonly admin: number };
  readonly incarnation: string;
  readonly child: ChildProcess;
  /** Log records so far. */
  readonly records: Record<string, unknown>[];
  readonly admin: AdminClient;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface StartOptions {
  readonly podUid?: string;
  /** Ports of an earlier life; absent: any free ones. */
  readonly ports?: NodeProcess['ports'];
  readonly busKey?: string;
  readonly clusterUid?: string;
  readonly authEnabled?: boolean;
  /** Beside what every node gets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly replicas?: number;
  /** Group of the process, by which a firewall knows its packets. */
  readonly gid?: number;
}

export interface ProcessRegion {
  readonly kube: LeaseMapServer;
  readonly busKeys: BusKeys;
  readonly config: NodeConfig;
  readonly folder: string;
  leasePath(shard: number): string;
  readonly mapPath: string;
  readonly targetsPath: string;
  /** What the operator makes for one more shard. */
  addShard(shard: number): void;
  /** Writes targets of the next generation, as the operator does. */
  writeTargets(ranges: Targets['ranges'], bytesPerSecond?: number): number;
  map(): OwnershipMap;
  start(shard: number, ordinal?: number, options?: StartOptions): Promise<NodeProcess>;
  writeAuth(files: Readonly<Record<string, string>>): void;
  writeConfig(change: Partial<NodeConfig>): void;
  close(): Promise<void>;
}

const clusterUid = 'c0ffee00-0000-4000-8000-000000000001';
const busKey = '11'.repeat(32);
const program = new URL('../../cli/main.ts', import.meta.url).pathname;

export async function startRegion(shape: { readonly shards: number; readonly replicas?: number; readonly memoryBytes?: number; readonly emptyShardAfterMs?: number }): Promise<ProcessRegion> {
  const kube = await startLeaseMapServer();
  const folder = mkdtempSync(join(tmpdir(), 'meridian-region-'));
  const seedsFile = join(folder, 'seeds');
  writeFileSync(seedsFile, '');
  const started: NodeProcess[] = [];
  const config: NodeConfig = {
    formatVersion: 1, cluster: 'quick', clusterUid, namespace: 'default', region: 'eu', regions: ['eu'], shards: shape.shards, replicas: shape.replicas ?? 0,
    memoryBytes: shape.memoryBytes ?? 64 * 1024 * 1024, eviction: 'noeviction', acknowledge: 'insync', minInSync: 1, fastFailover: true, emptyShardAfterMs: shape.emptyShardAfterMs ?? 30_000, announce: 'ip', authEnabled: false,
  };
  const leasePath = (shard: number): string => `/apis/coordination.k8s.io/v1/namespaces/default/leases/quick-eu-s${shard}`;
  const mapPath = '/api/v1/namespaces/default/configmaps/quick-eu-slots';
  const targetsPath = '/api/v1/namespaces/default/configmaps/quick-eu-targets';
  const addShard = (shard: number): void => void kube.objects.set(leasePath(shard), { metadata: { name: `quick-eu-s${shard}`, uid: `lease-${shard}`, resourceVersion: '1' }, spec: { leaseTransitions: 0 } });
  for (let shard = 0; shard < shape.shards; shard++) addShard(shard);
  const map: OwnershipMap = { formatVersion: 1, version: 1, ranges: evenSplit(shape.shards).map((range, shard) => ({ ...range, shard, generation: 1 })), moves: [] };
  kube.objects.set(mapPath, { metadata: { name: 'quick-eu-slots', uid: 'map', resourceVersion: '1' }, data: { 'map.json': JSON.stringify(map) } });

  function writeFolder(name: string, files: Readonly<Record<string, string>>): string {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
    return path;
  }

  async function start(shard: number, ordinal = 0, options: StartOptions = {}): Promise<NodeProcess> {
    const pod = `quick-eu-s${shard}-${ordinal}`;
    const own = { ...config, clusterUid: options.clusterUid ?? clusterUid, authEnabled: options.authEnabled ?? false, replicas: options.replicas ?? config.replicas };
    const env = {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'meridian-compile-cache'),
      MERIDIAN_POD_NAME: pod,
      MERIDIAN_POD_NAMESPACE: 'default',
      MERIDIAN_POD_UID: options.podUid ?? `uid-${pod}`,
      MERIDIAN_POD_IP: '127.0.0.1',
      MERIDIAN_SHARD: String(shard),
      MERIDIAN_LISTEN_HOST: '127.0.0.1',
      MERIDIAN_KUBE_URL: kube.url,
      MERIDIAN_SEEDS_FILE: seedsFile,
      MERIDIAN_CONFIG_DIR: writeFolder(options.clusterUid === undefined ? 'config' : `config-${options.clusterUid}`, { 'node.json': JSON.stringify(own) }),
      MERIDIAN_BUS_DIR: writeFolder(`bus-${options.busKey ?? busKey}`, { 'bus-key': options.busKey ?? busKey }),
      MERIDIAN_AUTH_DIR: join(folder, 'auth'),
      MERIDIAN_REDIS_PORT: String(options.ports?.redis ?? 0),
      MERIDIAN_HTTP_PORT: String(options.ports?.http ?? 0),
      MERIDIAN_BUS_PORT: String(options.ports?.bus ?? 0),
      MERIDIAN_METRICS_PORT: String(options.ports?.metrics ?? 0),
      MERIDIAN_ADMIN_PORT: String(options.ports?.admin ?? 0),
      ...options.env,
    };
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, 'node'], { env, stdio: ['ignore', 'pipe', 'inherit'], gid: options.gid });
    const records: Record<string, unknown>[] = [];
    const lines = createInterface({ input: child.stdout });
    const listening = new Promise<Record<string, unknown>>((resolve, reject) => {
      lines.on('line', (line) => {
        const record = JSON.parse(line) as Record<string, unknown>;
        records.push(record);
        if (record.message === 'listening') resolve(record);
      });
      child.once('close', (code) => reject(new Error(`${pod} ended with ${String(code)} before it listened: ${JSON.stringify(records.at(-1))}`)));
    });
    const { ports, incarnation } = (await listening) as unknown as Pick<NodeProcess, 'ports' | 'incarnation'>;
    if (options.clusterUid === undefined && options.busKey === undefined) appendFileSync(seedsFile, `127.0.0.1:${ports.bus}\n`);
    const admin = adminClient({ host: '127.0.0.1', port: ports.admin, clusterUid: own.clusterUid, keys: [parseBusKey(options.busKey ?? busKey) as Uint8Array], pod });
    const node: NodeProcess = {
      pod, ports, incarnation, child, records, admin,
      async stop(signal = 'SIGTERM') {
        admin.close();
        if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
        const ended = once(child, 'exit');
        child.kill(signal);
        return ((await ended) as [number | null])[0];
      },
    };
    started.push(node);
    return node;
  }

  let generation = 0;
  return {
    addShard,
    writeTargets(ranges, bytesPerSecond) {
      const targets: Targets = { formatVersion: 1, generation: ++generation, ranges, ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }) };
      kube.objects.set(targetsPath, { metadata: { name: 'quick-eu-targets', uid: 'targets', resourceVersion: String(generation) }, data: { 'targets.json': JSON.stringify(targets) } });
      return generation;
    },
    map: () => JSON.parse(kube.objects.get(mapPath)?.data?.['map.json'] ?? '') as OwnershipMap,
    kube, busKeys: [parseBusKey(busKey) as Uint8Array], config, folder, leasePath, mapPath, targetsPath, start,
    writeAuth: (files) => void writeFolder('auth', files),
    writeConfig: (change) => void writeFolder('config', { 'node.json': JSON.stringify({ ...config, ...change }) }),
    async close() {
      await Promise.all(started.map((node) => node.stop('SIGKILL')));
      await kube.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Asks again and again until the answer is the expected one; the test's own time-out ends it otherwise. */
export async function eventually<T>(ask: () => Promise<T> | T, accept: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await Promise.resolve().then(ask).catch(() => undefined);
    if (answer !== undefined && accept(answer as T)) return answer as T;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
