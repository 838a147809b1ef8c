import { once } from 'node:events';
import { connect } from 'node:net';
import { above, below, demand, type ConformanceCase, type Subject } from './case.ts';
import type { RedisLoad } from './redis-load.ts';

const samples = 500;
const manySamples = 60;
const readsAsked = 400_000;
const writesAsked = 200_000;
const millionKeys = 1_000_000;
const loadedKeys = 10_000;
const patternKeys = 100_000;
const entriesAtOnce = 1_000;
const gigabyte = 1024 ** 3;
const valueText = 'x'.repeat(100);

async function p99(count: number, work: (i: number) => Promise<number>): Promise<number> {
  const times: number[] = [];
  // The first requests warm the program up.
  for (let i = 0; i < count + 50; i++) {
    const milliseconds = await work(i);
    if (i >= 50) times.push(milliseconds);
  }
  return times.toSorted((a, b) => a - b)[Math.ceil(0.99 * times.length) - 1];
}

async function ok(answer: Promise<{ readonly status: number; readonly milliseconds: number }>): Promise<number> {
  const { status, milliseconds } = await answer;
  demand(status < 300, `answered ${status}`);
  return milliseconds;
}

const redisOf = ({ redis }: Subject): RedisLoad => redis as RedisLoad;
const keyOf = (tags: readonly string[], i: number): string => `perf:{${tags[i % tags.length]}}:${String(i).padStart(8, '0')}`;

/** Writes keys 0 … count − 1; writes per second. */
async function fill(redis: RedisLoad, count: number): Promise<number> {
  const tags = await redis.tags();
  return redis.rate((i) => ['SET', keyOf(tags, i % count), valueText], '+OK\r\n'.length, '+OK', count);
}

export const performanceCases: readonly ConformanceCase[] = [
  {
    id: 'P-01', title: 'GET < 5 ms p99',
    async run({ api }) {
      await ok(api.ask('PUT', '/perf-get', { value: valueText }));
      return below(await p99(samples, () => ok(api.ask('GET', '/perf-get'))), 5, 'ms', 'p99');
    },
  },
  { id: 'P-02', title: 'SET < 10 ms p99', run: async ({ api }) => below(await p99(samples, (i) => ok(api.ask('PUT', `/perf-set-${i}`, { value: valueText }))), 10, 'ms', 'p99') },
  {
    id: 'P-03', title: 'mget of 100 < 20 ms p99',
    async run({ api }) {
      const keys = Array.from({ length: 100 }, (_, i) => `perf-many-${i}`);
      await ok(api.ask('POST', '/mset', { entries: keys.map((key) => ({ key, value: valueText })) }));
      return below(await p99(manySamples, () => ok(api.ask('POST', '/mget', { keys }))), 20, 'ms', 'p99');
    },
  },
  {
    id: 'P-04', title: 'mset of 100 < 30 ms p99',
    run: async ({ api }) => below(await p99(manySamples, () => ok(api.ask('POST', '/mset', { entries: Array.from({ length: 100 }, (_, i) => ({ key: `perf-many-${i}`, value: valueText })) }))), 30, 'ms', 'p99'),
  },
  {
    id: 'P-05', title: '> 50,000 reads/s, pipelined', needs: 'redis',
    async run(subject) {
      const redis = redisOf(subject);
      const tags = await redis.tags();
      await fill(redis, loadedKeys);
      return above(await redis.rate((i) => ['GET', keyOf(tags, i % loadedKeys)], `$${valueText.length}\r\n${valueText}\r\n`.length, `$${valueText.length}\r\n`, readsAsked), 50_000, '/s');
    },
  },
  {
    id: 'P-06', title: '> 20,000 writes/s, pipelined', needs: 'redis',
    async run(subject) {
      const redis = redisOf(subject);
      const tags = await redis.tags();
      return above(await redis.rate((i) => ['SET', keyOf(tags, i % loadedKeys), valueText], '+OK\r\n'.length, '+OK', writesAsked), 20_000, '/s');
    },
  },
  {
    id: 'P-07', title: 'a million keys < 2 GB', needs: 'redis',
    async run(subject) {
      const redis = redisOf(subject);
      await fill(redis, millionKeys);
      const info = await redis.ask('INFO', 'memory');
      const bytes = Math.max(Number(/used_memory_rss:(\d+)/.exec(info)?.[1] ?? 0), Number(/used_memory:(\d+)/.exec(info)?.[1] ?? Infinity));
      const figure = below(bytes / gigabyte, 2, 'GB', 'resident');
      await redis.ask('FLUSHALL');
      return figure;
    },
  },
  {
    id: 'P-08', title: '1,000 connections',
    async run({ api }) {
      await ok(api.ask('PUT', '/perf-get', { value: valueText }));
      const { hostname, port } = new URL(api.url);
      const sockets = await Promise.all(Array.from({ length: 1_000 }, async () => {
        const socket = connect({ host: hostname, port: Number(port) });
        await once(socket, 'connect');
        return socket;
      }));
      const answered = await Promise.all(sockets.map(async (socket) => {
        socket.write('GET /health HTTP/1.1\r\nHost: cache\r\n\r\n');
        return String((await once(socket, 'data'))[0]).startsWith('HTTP/1.1 200');
      }));
      for (const socket of sockets) socket.destroy();
      demand(answered.every(Boolean), `${answered.filter(Boolean).length} of 1000 were answered`);
      return 'all answered';
    },
  },
  {
    id: 'P-09', title: 'GET of 1 MB < 50 ms',
    async run({ api }) {
      await ok(api.ask('PUT', '/perf-large', { value: 'x'.repeat(1_000_000) }));
      const times: number[] = [];
      for (let i = 0; i < 20; i++) times.push(await ok(api.ask('GET', '/perf-large')));
      return below(times.toSorted((a, b) => a - b)[10], 50, 'ms', 'median');
    },
  },
  {
    id: 'P-10', title: 'a pattern over 100,000 keys < 5 s',
    async run({ api }) {
      for (let i = 0; i < patternKeys; i += entriesAtOnce) {
        const entries = Array.from({ length: entriesAtOnce }, (_, k) => ({ key: `perf-pattern-${(i + k) % 10}-${i + k}`, value: 1 }));
        await ok(api.ask('POST', '/mset', { entries }));
      }
      const answer = await api.ask('DELETE', '?pattern=perf-pattern-3-*');
      demand(answer.body.deleted_count === patternKeys / 10, `deleted_count is ${String(answer.body.deleted_count)}`);
      const figure = below(answer.milliseconds / 1000, 5, 's', 'took');
      await api.ask('DELETE', '?pattern=perf-*');
      return figure;
    },
  },
];
