import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Cluster, Redis } from 'ioredis';
import { createCluster } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyPerSlotRange } from '../clients/keys.ts';
import { runProgram } from '../clients/run-program.ts';
import { clusterManifest, manifestFolder, root, runLocalToEnd, startLocal, type LocalMode } from './local-mode.ts';

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('npm start with the quickstart', () => {
  let local: LocalMode;

  beforeAll(async () => {
    local = await startLocal([join(root, 'examples', 'quickstart.yaml')], { nodes: 9 });
  });

  afterAll(async () => {
    await local.stop();
  });

  it('says where everything is: three regions of three shards, ports going up by one', () => {
    const [cluster] = local.ready.clusters;
    expect(local.ready.clusters).toHaveLength(1);
    expect(cluster.regions.map((region) => region.redis)).toEqual([0, 3, 6].map((offset) => [0, 1, 2].map((shard) => `127.0.0.1:${local.redisPort + offset + shard}`)));
    expect(cluster.regions.map((region) => region.http)).toEqual([0, 3, 6].map((offset) => [0, 1, 2].map((shard) => `http://127.0.0.1:${local.httpPort + offset + shard}`)));
    expect(local.ready.status).toBe(local.statusUrl);
  });

  it('redis-cli -c sets and gets', async () => {
    const cli = (...args: string[]): Promise<string> => runProgram('redis-cli', ['-c', '-p', `${local.redisPort}`, ...args], { install: 'apt-get install redis-tools' });
    expect((await cli('set', 'a', '1')).trim()).toBe('OK');
    expect((await cli('get', 'a')).trim()).toBe('1');
  });

  it('ioredis writes and reads keys of every slot range in each region', async () => {
    for (const region of local.ready.clusters[0].regions) {
      const [host, port] = region.redis[0].split(':');
      const cluster = new Cluster([{ host, port: Number(port) }]);
      const keys = keyPerSlotRange(96, `io-${region.name}`);
      await Promise.all(keys.map((key) => cluster.set(key, `v-${key}`)));
      expect(await Promise.all(keys.map((key) => cluster.get(key)))).toEqual(keys.map((key) => `v-${key}`));
      expect(cluster.nodes('master')).toHaveLength(3);
      cluster.disconnect();
    }
  });

  it('node-redis writes and reads keys of every slot range', async () => {
    const cluster = createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${local.redisPort}` }] });
    await cluster.connect();
    const keys = keyPerSlotRange(96, 'nr');
    await Promise.all(keys.map((key) => cluster.set(key, `v-${key}`)));
    expect(await Promise.all(keys.map((key) => cluster.get(key)))).toEqual(keys.map((key) => `v-${key}`));
    cluster.destroy();
  });

  it('redis-py writes and reads keys of every slot range', async () => {
    const keys = keyPerSlotRange(96, 'py');
    const output = await runProgram('python3', [join(root, 'test/clients/redis_py_cluster.py'), '127.0.0.1', `${local.redisPort}`, ...keys], { install: 'Python 3 with the package redis' });
    expect(Number(output)).toBe(keys.length);
  });

  it('answers GET /health on every node', async () => {
    for (const region of local.ready.clusters[0].regions)
      for (const url of region.http) {
        const answer = await fetch(`${url}/health`);
        expect(answer.status).toBe(200);
        expect(await answer.json()).toMatchObject({ status: 'healthy', redis: 'connected', memory_usage: expect.stringMatching(/^\d+%$/) });
        expect(answer.headers.get('x-trace-id')).toMatch(/\S/);
      }
  });

  it('a killed node comes back on its ports and serves its slots again', async () => {
    const port = local.redisPort + 1;
    const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => 50, maxRetriesPerRequest: null });
    // Refused connections while the process is away are what this test is about.
    client.on('error', () => undefined);
    const next = (event: string): Promise<void> => new Promise((resolve) => client.once(event, () => resolve()));
    await client.connect();
    const processId = /process_id:(\d+)/.exec(await client.info('server'))?.[1];
    const back = next('close').then(() => next('ready'));
    process.kill(Number(processId), 'SIGKILL');
    await back;
    const cluster = new Cluster([{ host: '127.0.0.1', port: local.redisPort }], { clusterRetryStrategy: () => 50 });
    const keys = keyPerSlotRange(48, 'again');
    // Until the restarted primary holds its Lease again its slots answer CLUSTERDOWN, which ioredis retries.
    await Promise.all(keys.map((key) => cluster.set(key, 'x')));
    expect(/process_id:(\d+)/.exec(await client.info('server'))?.[1]).not.toBe(processId);
    cluster.disconnect();
    client.disconnect();
  });

  it('keeps the events of the operator, as Kubernetes does', async () => {
    const events = async (): Promise<readonly string[]> => {
      const { items } = (await (await fetch(`${local.statusUrl}/apis/events.k8s.io/v1/namespaces/default/events`)).json()) as { readonly items: readonly { readonly reason: string; readonly regarding: { readonly name: string } }[] };
      return items.map(({ reason, regarding }) => `${regarding.name} ${reason}`);
    };
    await expect.poll(events, { timeout: 60_000 }).toContainEqual(expect.stringMatching(/^quickstart /));
  });

  it('stops every child and exits with 0 on SIGTERM', async () => {
    const pids = await Promise.all(
      Array.from({ length: 9 }, async (_, i) => {
        const client = new Redis({ host: '127.0.0.1', port: local.redisPort + i });
        client.on('error', () => undefined);
        const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);
        client.disconnect();
        return pid;
      }),
    );
    expect(await local.stop('SIGTERM')).toBe(0);
    expect(pids.filter(isRunning)).toEqual([]);
  });
});

describe('local mode that is killed', () => {
  it('leaves no node behind: each ends with the pipe that it was started with', async () => {
    const folder = manifestFolder({ 'a.yaml': clusterManifest('a', { shards: 2 }) });
    const local = await startLocal([folder.path], { nodes: 2 });
    const gone = [0, 1].map((i) => {
      const client = new Redis({ host: '127.0.0.1', port: local.redisPort + i, retryStrategy: () => null, maxRetriesPerRequest: 0 });
      client.on('error', () => undefined);
      return { client, end: new Promise<void>((resolve) => client.once('end', () => resolve())) };
    });
    const pids = await Promise.all(gone.map(async ({ client }) => Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1])));
    await local.stop('SIGKILL');
    await Promise.all(gone.map(({ end }) => end));
    await expect.poll(() => pids.filter((pid) => isRunning(pid)), { timeout: 15_000 }).toEqual([]);
    folder.remove();
  });
});

describe('manifest files', () => {
  it('are watched: saving applies, a new file adds, deleting one deletes', async () => {
    const folder = manifestFolder({ 'a.yaml': clusterManifest('a') });
    const local = await startLocal([folder.path]);
    try {
      const regionsOf = async (name: string): Promise<string[] | undefined> => {
        const answer = await fetch(`${local.statusUrl}/apis/meridiancache.io/v1alpha1/namespaces/default/cacheclusters/${name}`);
        if (answer.status === 404) return undefined;
        const object = (await answer.json()) as { status?: { regions?: { name: string }[] } };
        return object.status?.regions?.map((region) => region.name);
      };
      expect(await regionsOf('a')).toEqual(['us']);
      folder.write('a.yaml', clusterManifest('a', { regions: ['us', 'eu'] }));
      await local.line((line) => line.includes('"ready"') && line.includes('"a"') && line.includes('"eu"'));
      expect(await regionsOf('a')).toEqual(['us', 'eu']);
      folder.write('b.yaml', clusterManifest('b'));
      await local.line((line) => line.includes('"ready"') && line.includes('"b"'));
      folder.remove('a.yaml');
      await local.line((line) => line.includes('"deleted"') && line.includes('"a"'));
      expect(await regionsOf('a')).toBeUndefined();
      folder.write('b.yaml', clusterManifest('b', { shards: 0 }));
      const refusal = await local.line((line) => line.includes('"refused"'));
      expect(refusal).toContain('b.yaml:7');
      expect(refusal).toContain('should be greater than or equal to 1');
      expect(await regionsOf('b')).toEqual(['us']);
    } finally {
      await local.stop();
      folder.remove();
    }
  });

  it('a bad one is refused with file, line and the rule, exit code 2', async () => {
    const folder = manifestFolder({ 'bad.yaml': clusterManifest('bad', { shards: 0 }) });
    const finished = await runLocalToEnd(['-f', join(folder.path, 'bad.yaml')]);
    expect(finished.code).toBe(2);
    expect(finished.stderr).toMatch(/bad\.yaml:7: .*spec\.shards.* should be greater than or equal to 1/);
    expect(finished.stderr).not.toContain('    at ');
    folder.remove();
  });

  it('broken YAML is refused with file and line, exit code 2', async () => {
    const folder = manifestFolder({ 'broken.yaml': 'apiVersion: v1\nkind: [\n' });
    const finished = await runLocalToEnd(['-f', join(folder.path, 'broken.yaml')]);
    expect(finished.code).toBe(2);
    expect(finished.stderr).toMatch(/broken\.yaml:\d+: /);
    folder.remove();
  });

  it('a taken port is named, exit code 2', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const folder = manifestFolder({ 'a.yaml': clusterManifest('a') });
    const finished = await runLocalToEnd(['-f', folder.path, '--port', `${port}`]);
    server.close();
    folder.remove();
    expect(finished.code).toBe(2);
    expect(finished.stderr).toContain(`port ${port} on 127.0.0.1 is taken`);
  });
});
