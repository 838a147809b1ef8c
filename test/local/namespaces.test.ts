import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../clients/run-program.ts';
import { clusterManifest, manifestFolder, root, startLocal, type LocalMode } from './local-mode.ts';

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'shop-users', namespace: 'default' },
  stringData: { 'users.acl': 'user ann on >ann-secret\n', 'default-password': 'root-secret', tokens: 'ann token-of-ann-0001\n' },
};
const withUsers = '  auth:\n    enabled: true\n    usersSecretRef:\n      name: shop-users\n';
const namespaceManifest = (name: string, spec: string): string => `apiVersion: meridiancache.io/v1alpha1\nkind: CacheNamespace\nmetadata:\n  name: ${name}\n  namespace: default\nspec:\n${spec}`;
const carts = (verbs: string, more = ''): string => namespaceManifest('carts', `  clusterRef:\n    name: shop\n  access:\n    - user: ann\n      verbs: [${verbs}]\n${more}`);

describe('a CacheNamespace in local mode', () => {
  const folder = manifestFolder({});
  let local: LocalMode;
  const clients: Redis[] = [];
  let seen = 0;

  beforeAll(async () => {
    local = await startLocal([folder.path], { nodes: 4 });
    await fetch(`${local.statusUrl}/api/v1/namespaces/default/secrets`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(secret) });
  });

  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await local.stop();
    folder.remove();
  });

  /** The next line about the namespace; each is taken once. */
  async function next(name: string): Promise<Record<string, unknown>> {
    const line = await local.line((text) => local.lines.indexOf(text) >= seen && text.includes('"change":"namespace"') && text.includes(`"name":"${name}"`));
    seen = local.lines.indexOf(line) + 1;
    return JSON.parse(line) as Record<string, unknown>;
  }

  function connect(region: number, username: string, password: string): Redis {
    const client = new Redis({ host: '127.0.0.1', port: local.redisPort + region, username, password, maxRetriesPerRequest: 1 });
    clients.push(client);
    return client;
  }

  it('waits for its cluster and says so', async () => {
    folder.write('carts.yaml', carts('read, write'));
    expect(await next('carts')).toMatchObject({ state: 'waiting', message: expect.stringContaining('there is no CacheCluster default/shop') });
  });

  it('comes into force in every region: its user uses its keys there, and no others', async () => {
    folder.write('shop.yaml', clusterManifest('shop', { regions: ['us', 'eu'], extra: withUsers }));
    expect(await next('carts')).toMatchObject({ state: 'in force', message: expect.stringMatching(/^keys carts:\*, revision \d+$/) });
    for (const region of [0, 1]) {
      const [ann, admin] = [connect(region, 'ann', 'ann-secret'), connect(region, 'default', 'root-secret')];
      await admin.set('other:1', 'secret');
      expect(await ann.set('carts:1', 'x')).toBe('OK');
      expect(await ann.get('carts:1')).toBe('x');
      for (const attempt of [ann.get('other:1'), ann.set('plain', 'x'), ann.del('carts:1'), ann.config('GET', '*')]) await expect(attempt).rejects.toThrow('NOPERM');
      expect(await ann.keys('*')).toEqual(['carts:1']);
    }
  });

  it('changes live: connections stay, and a new limit holds from then on', async () => {
    folder.write('carts.yaml', carts('read', '  quota:\n    opsPerSecond: 1000\n'));
    expect(await next('carts')).toMatchObject({ state: 'in force' });
    for (const region of [0, 1]) {
      const ann = clients[2 * region];
      expect(await ann.get('carts:1')).toBe('x');
      await expect(ann.set('carts:1', 'y')).rejects.toThrow('NOPERM');
    }
  });

  it('shows in meridian status and kubectl, with the revision of each region', async () => {
    const text = await runProgram(process.execPath, [`${root}cli/main.ts`, 'status', 'shop', `--local=${local.statusUrl}`]);
    expect(text).toMatch(/^carts +default\/carts +True .* us \d+, eu \d+$/m);
    const shown = (await (await fetch(`${local.statusUrl}/apis/meridiancache.io/v1alpha1/namespaces/default/cachenamespaces/carts`)).json()) as { status: { revision: number; regions: readonly { appliedRevision: number }[] } };
    for (const { appliedRevision } of shown.status.regions) expect(appliedRevision).toBeGreaterThanOrEqual(shown.status.revision);
  });

  it('refuses what cannot change with the sentence of admission, and keeps what there was', async () => {
    folder.write('carts.yaml', carts('read', '  consistency: session\n'));
    expect(JSON.parse(await local.line((text) => text.includes('"change":"refused"')))).toMatchObject({ message: expect.stringMatching(/carts\.yaml:12: spec\.consistency: Invalid value: "session": consistency cannot be changed/) });
    expect(await clients[0].get('carts:1')).toBe('x');
    folder.write('carts.yaml', carts('read', '  quota:\n    opsPerSecond: 1000\n'));
    expect(JSON.parse(await local.line((text) => text.includes('"change":"mended"')))).toMatchObject({ event: 'changed' });
  });

  it('takes its keys along when it is deleted, in every region, and nobody else\'s', async () => {
    folder.remove('carts.yaml');
    expect(await next('carts')).toMatchObject({ state: 'deleted' });
    for (const region of [0, 1]) {
      const [ann, admin] = [clients[2 * region], clients[2 * region + 1]];
      expect(await admin.keys('*')).toEqual(['other:1']);
      await expect(ann.get('carts:1')).rejects.toThrow('NOPERM');
    }
  });
});
