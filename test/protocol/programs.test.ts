import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureBinaries } from '../../tools/kube/ensure.ts';
import { keyPerSlotRange } from '../clients/keys.ts';
import { runProgram } from '../clients/run-program.ts';
import { resp } from './raw-client.ts';
import { startNode, type TestNode } from './start-node.ts';

/** Clients and tools of other languages and makers, each as it is used: as a cluster client where it can be one. */

let node: TestNode;
let client: Redis;
beforeAll(async () => {
  node = await startNode();
  client = new Redis({ port: node.port, host: '127.0.0.1' });
});
afterAll(async () => {
  client.disconnect();
  await node.server.stop();
  expect(node.node.server.statistics.unexpectedErrors).toBe(0);
});
beforeEach(() => client.flushall());

const tools = { install: 'apt-get install redis-tools' };
const patience = 120_000;

describe('redis-py', () => {
  it.each([2, 3])('RESP%i: as a cluster client', async (protocol) => {
    const script = join(import.meta.dirname, '../clients/redis_py_features.py');
    const output = await runProgram('python3', [script, '127.0.0.1', String(node.port), String(protocol)], { install: "python3 -m pip install 'redis>=6'" });
    expect(JSON.parse(output)).toEqual({ binary: true, pipeline: true, transaction: true, hash: true, zset: true, scan: 300, blpop: true, pubsub: true, error: 'value is not an integer or out of range' });
  }, patience);
});

describe('go-redis', () => {
  it('as a cluster client', async () => {
    const program = (await ensureBinaries(['redis-client']))['redis-client'];
    const keys = keyPerSlotRange(64, 'go');
    const task = { addresses: [`127.0.0.1:${node.port}`], password: '', keys, value: 'value of ', write: true, reach: {} };
    expect(JSON.parse(await runProgram(program, [], { input: JSON.stringify(task) }))).toMatchObject({ written: 64, read: 64, errors: [] });
    expect(await client.get(keys[0])).toBe(`value of ${keys[0]}`);
  }, patience);
});

describe('redis-benchmark', () => {
  const tests = 'ping,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100';

  it.each([['over RESP2', []], ['over RESP3', ['-3']]] as const)('%s: every test of it runs, nothing is refused', async (_name, options) => {
    const output = await runProgram('redis-benchmark', ['-p', String(node.port), ...options, '-q', '-n', '1000', '-c', '8', '-P', '16', '-r', '1000', '-t', tests], tools);
    expect(output).not.toMatch(/error/i);
    expect(new Set([...output.matchAll(/([A-Z][A-Za-z_0-9 ()]*?)(?: \(.*\))?: [\d.]+ requests per second/g)].map((match) => match[1].trim().split(' ')[0])).size).toBeGreaterThanOrEqual(13);
  }, patience);
});

describe('redis-cli', () => {
  const cli = (words: readonly string[], input?: string): Promise<string> => runProgram('redis-cli', ['-p', String(node.port), ...words], { ...tools, input });

  it('puts many keys in by --pipe, walks over them, and finds the large ones', async () => {
    const commands = Array.from({ length: 2_000 }, (_, i) => resp('SET', `key:${i}`, 'v'.repeat(i % 50))).concat(resp('RPUSH', 'list', ...Array.from({ length: 500 }, String)), resp('ZADD', 'zset', '1', 'a'), resp('HSET', 'hash', 'f', 'v'), resp('SADD', 'set', 'm'));
    expect(await cli(['--pipe'], Buffer.concat(commands).toString('latin1'))).toContain('errors: 0, replies: 2004');
    expect(new Set((await cli(['--scan', '--pattern', 'key:*'])).trim().split('\n')).size).toBe(2_000);
    const big = await cli(['--bigkeys']);
    expect(big).toContain('Biggest   list found \'"list"\' has 500 items');
    expect(big).toContain('2000 strings with');
    expect(await cli(['--memkeys'])).toContain('Biggest   list found \'"list"\'');
    await client.config('SET', 'maxmemory-policy', 'allkeys-lfu');
    expect(await cli(['--hotkeys'])).toContain('Sampled 2004 keys in the keyspace');
    await client.config('SET', 'maxmemory-policy', 'noeviction');
  }, patience);
});

describe('a browser of keys, as RedisInsight', () => {
  const infoOf = async (section: string): Promise<ReadonlyMap<string, string>> => new Map((await client.info(section)).split('\r\n').filter((line) => line.includes(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));

  it('learns of every key its type, size and life, and how memory is used', async () => {
    const pipeline = client.pipeline();
    for (let i = 0; i < 500; i++) pipeline.set(`s:${i}`, 'x'.repeat(i), 'EX', 1_000);
    for (let i = 0; i < 50; i++) pipeline.rpush(`l:${i}`, 'a', 'b').sadd(`t:${i}`, '1').hset(`h:${i}`, 'f', 'v').zadd(`z:${i}`, 1, 'm').pfadd(`p:${i}`, 'e');
    await pipeline.exec();
    const found = new Map<string, string>();
    for (const type of ['string', 'list', 'set', 'hash', 'zset']) {
      let cursor = '0';
      do {
        const [next, keys] = (await client.call('SCAN', cursor, 'MATCH', '*', 'COUNT', '200', 'TYPE', type)) as [string, string[]];
        for (const key of keys) found.set(key, type);
        cursor = next;
      } while (cursor !== '0');
    }
    expect(found.size).toBe(750);
    let bytes = 0;
    for (const [key, type] of found) {
      const [described, memory, ttl, encoding] = (await client.pipeline().type(key).memory('USAGE', key).ttl(key).object('ENCODING', key).exec()) as unknown as readonly (readonly [Error | null, unknown])[];
      expect([described[1], typeof memory[1], typeof encoding[1]]).toEqual([type, 'number', 'string']);
      expect(Number(ttl[1]) > 0).toBe(key.startsWith('s:'));
      bytes += Number(memory[1]);
    }
    const memory = await infoOf('memory');
    const used = Number(memory.get('used_memory')) - Number(memory.get('used_memory_startup'));
    expect(bytes).toBeGreaterThan(used * 0.8);
    expect(bytes).toBeLessThan(used * 1.2);
    expect(Number(memory.get('allocator_active'))).toBeGreaterThanOrEqual(Number(memory.get('allocator_allocated')));
    expect((await infoOf('keyspace')).get('db0')).toMatch(/^keys=750,expires=500,/);
    expect((await infoOf('everything')).get('redis_mode')).toBe('cluster');
    for (const words of [['SLOWLOG', 'GET', '50'], ['CLIENT', 'LIST'], ['CONFIG', 'GET', '*'], ['COMMAND', 'DOCS'], ['CLUSTER', 'NODES'], ['ACL', 'WHOAMI'], ['MEMORY', 'DOCTOR'], ['LATENCY', 'LATEST']]) await client.call(words[0], ...words.slice(1));
  }, patience);
});
