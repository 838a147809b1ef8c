import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../clients/run-program.ts';
import { startNode, type TestNode } from './start-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(async () => {
  await node.server.stop();
  expect(node.node.server.statistics.unexpectedErrors).toBe(0);
});

const value = Buffer.from([0, 255, 13, 10, 36, 42]);

describe('ioredis', () => {
  it('one connection: pipelines, transactions, binary values, COMMAND and INFO', async () => {
    const client = new Redis({ port: node.port, host: '127.0.0.1', connectionName: 'tests' });
    expect(await client.set('io:a', value)).toBe('OK');
    expect(await client.getBuffer('io:a')).toEqual(value);
    expect(await client.multi().set('{t}1', '1').incr('{t}1').exec()).toEqual([[null, 'OK'], [null, 2]]);
    const answers = await client.pipeline(Array.from({ length: 500 }, (_, i) => ['echo', String(i)])).exec();
    expect(answers?.map(([, answer]) => answer)).toEqual(Array.from({ length: 500 }, (_, i) => String(i)));
    expect(await client.info('server')).toContain('redis_mode:cluster');
    expect(String(await client.client('LIST'))).toContain('name=tests');
    expect(((await client.command('INFO', 'get')) as unknown[][])[0][1]).toBe(2);
    await client.quit();
  });

  it('subscribes', async () => {
    const subscriber = new Redis({ port: node.port, host: '127.0.0.1' });
    const publisher = new Redis({ port: node.port, host: '127.0.0.1' });
    const heard = new Promise<string[]>((resolve) => subscriber.on('message', (...words: string[]) => resolve(words)));
    await subscriber.subscribe('news');
    expect(await publisher.publish('news', 'hello')).toBe(1);
    expect(await heard).toEqual(['news', 'hello']);
    await Promise.all([subscriber.quit(), publisher.quit()]);
  });

  it('as a cluster client', async () => {
    const client = new Cluster([{ port: node.port, host: '127.0.0.1' }]);
    await Promise.all(Array.from({ length: 200 }, (_, i) => client.set(`key:${i}`, i)));
    expect(await Promise.all(Array.from({ length: 200 }, (_, i) => client.get(`key:${i}`)))).toEqual(Array.from({ length: 200 }, (_, i) => String(i)));
    await client.quit();
  });
});

describe('node-redis', () => {
  it.each([2, 3] as const)('RESP%i: values, transactions, CONFIG, CLIENT', async (RESP) => {
    const client = createClient({ url: `redis://127.0.0.1:${node.port}`, RESP, name: 'tests' });
    await client.connect();
    expect(await client.set('nr:a', 'ü')).toBe('OK');
    expect(await client.get('nr:a')).toBe('ü');
    expect(await client.multi().set('nr:a', '1').incr('nr:a').exec()).toEqual(['OK', 2]);
    expect(await client.configGet('maxclients')).toEqual({ maxclients: '10000' });
    expect((await client.clientInfo()).name).toBe('tests');
    expect((await client.commandInfo(['get']))[0]).toMatchObject({ name: 'get', arity: 2 });
    await client.close();
  });

  it('as a cluster client, and sharded pub/sub', async () => {
    const client = createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${node.port}` }], RESP: 3 });
    await client.connect();
    expect(await client.set('nr:b', '1')).toBe('OK');
    const heard = Promise.withResolvers<string>();
    await client.sSubscribe('shard-news', (message) => heard.resolve(message));
    await client.sPublish('shard-news', 'hi');
    expect(await heard.promise).toBe('hi');
    await client.close();
  });

  it('keeps a client side cache by invalidations', async () => {
    const reader = createClient({ url: `redis://127.0.0.1:${node.port}`, RESP: 3, clientSideCache: { ttl: 0, maxEntries: 100, evictPolicy: 'LRU' } });
    const writer = createClient({ url: `redis://127.0.0.1:${node.port}` });
    await Promise.all([reader.connect(), writer.connect()]);
    await writer.set('cached', '1');
    expect([await reader.get('cached'), await reader.get('cached')]).toEqual(['1', '1']);
    await writer.set('cached', '2');
    await expect.poll(() => reader.get('cached')).toBe('2');
    await reader.close();
    await writer.close();
  });
});

describe('redis-cli', () => {
  const install = { install: 'apt-get install redis-tools' };

  it('follows a cluster, speaks RESP3, shows errors', async () => {
    const cli = (...words: string[]): Promise<string> => runProgram('redis-cli', ['-p', String(node.port), ...words], install);
    expect(await cli('-c', 'set', 'cli', '1')).toBe('OK\n');
    expect(await cli('-3', 'hello')).toContain('proto');
    expect(await cli('nosuch')).toContain('unknown command');
    expect(await cli('--cluster', 'check', `127.0.0.1:${node.port}`)).toContain('All 16384 slots covered');
  });
});
