import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { demand, until, type ConformanceCase, type OwnCluster, type Subject } from './case.ts';
import { encode, type RedisLoad } from './redis-load.ts';

const addedMs = 100;
const impatientMs = 60;
const manyConnections = 10_000;
const connectAtOnce = 500;
const fillValueBytes = 1_000;
const fillKeys = 100_000;

const ownOf = ({ own }: Subject): OwnCluster => own as OwnCluster;
const redisOf = ({ redis }: Subject): RedisLoad => redis as RedisLoad;

/** Gives on what comes, both ways, after a while. */
async function slowLink(host: string, port: number): Promise<{ readonly url: string; close(): void }> {
  const sockets = new Set<Socket>();
  const later = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('error', () => to.destroy());
    from.on('data', (chunk: Buffer) => setTimeout(() => to.writable && to.write(chunk), addedMs / 2));
    from.on('close', () => to.destroy());
  };
  const server: Server = createServer((near) => {
    const far = connect({ host, port });
    later(near, far);
    later(far, near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export const chaosCases: readonly ConformanceCase[] = [
  {
    id: 'C-01', title: 'node down: an error, no crash', needs: 'own',
    async run(subject) {
      const own = ownOf(subject);
      await subject.api.ask('PUT', '/chaos', { value: 1 });
      own.killNode();
      const seen = new Set<string>();
      for (let i = 0; i < 20; i++) {
        const answer = await subject.api.ask('GET', '/chaos', undefined, 2_000).catch((error: NodeJS.ErrnoException) => error);
        seen.add(answer instanceof Error ? (answer.code ?? answer.name) : String(answer.status));
        if (answer instanceof Error || answer.status >= 500) break;
      }
      demand([...seen].some((one) => Number.isNaN(Number(one)) || Number(one) >= 500), `answered ${[...seen].join(', ')}`);
      demand(own.alive(), 'the cluster has ended');
      return [...seen].join(', ');
    },
  },
  {
    id: 'C-02', title: 'node restart: clients reconnect', needs: 'own',
    async run(subject) {
      const own = ownOf(subject);
      const { address } = redisOf(subject);
      await until('health', async () => (await subject.api.health()).status === 200);
      const client = new Redis({ ...address, retryStrategy: () => 50, maxRetriesPerRequest: null });
      client.on('error', () => undefined);
      await client.set('chaos-restart', 'before');
      own.killNode();
      const begin = performance.now();
      await until('the same Redis client', async () => (await Promise.race([client.set('chaos-restart', 'after'), new Promise<string>((resolve) => setTimeout(() => resolve(''), 1_000))])) === 'OK');
      await until('HTTP', async () => (await subject.api.ask('PUT', '/chaos', { value: 2 })).status < 300);
      const seconds = (performance.now() - begin) / 1000;
      client.disconnect();
      return `back after ${seconds.toFixed(1)} s`;
    },
  },
  {
    id: 'C-03', title: 'memory full: eviction', needs: 'own',
    async run(subject) {
      const small = await ownOf(subject).small();
      try {
        const tags = await small.redis.tags();
        const value = 'x'.repeat(fillValueBytes);
        await small.redis.rate((i) => ['SET', `fill:{${tags[i % tags.length]}}:${i}`, value], '+OK\r\n'.length, '+OK', fillKeys);
        const { body } = await small.api.ask('GET', '/stats');
        demand((body.evictions as number) > 0 && (body.total_keys as number) < fillKeys, `evictions ${String(body.evictions)}, keys ${String(body.total_keys)}`);
        demand((await small.api.ask('PUT', '/after', { value: 1 })).status === 201, 'a write after that failed');
        return `${String(body.evictions)} evicted, ${String(body.total_keys)} kept`;
      } finally {
        await small.stop();
      }
    },
  },
  {
    id: 'C-04', title: '100 ms added: time-outs handled',
    async run({ api }) {
      await api.ask('PUT', '/chaos', { value: 'slow' });
      const { hostname, port } = new URL(api.url);
      const link = await slowLink(hostname, Number(port));
      const slow = api.at(link.url);
      try {
        const impatient = await slow.ask('GET', '/chaos', undefined, impatientMs).catch((error: Error) => error.name);
        demand(typeof impatient === 'string', 'an impatient client was answered in time');
        const patient = await slow.ask('GET', '/chaos');
        demand(patient.status === 200 && patient.milliseconds >= addedMs * 0.9, `a patient client got ${patient.status} after ${patient.milliseconds} ms`);
        demand((await api.ask('GET', '/chaos')).status === 200, 'others were not served');
        return `${impatient}; patient: ${Math.round(patient.milliseconds)} ms`;
      } finally {
        slow.close();
        link.close();
      }
    },
  },
  {
    id: 'C-05', title: '10,000 connections: queued or refused', needs: 'redis',
    async run(subject) {
      const { address } = redisOf(subject);
      const sockets: Socket[] = [];
      let served = 0;
      let refused = 0;
      for (let i = 0; i < manyConnections; i += connectAtOnce) {
        await Promise.all(Array.from({ length: connectAtOnce }, async () => {
          const socket = connect(address);
          sockets.push(socket);
          const answer = await Promise.race([once(socket, 'data').then(([chunk]) => String(chunk)), once(socket, 'close').then(() => 'closed'), new Promise<string>((resolve) => {
            socket.once('error', () => resolve('refused'));
            socket.once('connect', () => socket.write(encode(['PING'])));
          })]);
          if (answer.startsWith('+PONG')) served++;
          else refused++;
        }));
      }
      const during = await subject.api.ask('GET', '/stats');
      for (const socket of sockets) socket.destroy();
      demand(during.status === 200, 'HTTP was not served meanwhile');
      await until('served again', async () => (await redisOf(subject).ask('PING')).startsWith('+PONG'));
      return `${served} served, ${refused} refused`;
    },
  },
  {
    id: 'C-06', title: 'slow commands: time-out, others served', needs: 'redis',
    async run(subject) {
      const redis = redisOf(subject);
      const [tag] = await redis.tags();
      const begin = performance.now();
      const blocked = redis.ask('BLPOP', `chaos:{${tag}}:nothing`, '1').then((reply) => ({ reply, milliseconds: performance.now() - begin }));
      let worst = 0;
      let answers = 0;
      while (performance.now() - begin < 900) {
        worst = Math.max(worst, (await subject.api.ask('GET', '/chaos')).milliseconds);
        answers++;
      }
      const { reply, milliseconds } = await blocked;
      demand(reply.startsWith('*-1') || reply.startsWith('$-1') || reply.startsWith('_'), `BLPOP answered ${reply}`);
      demand(milliseconds >= 900 && worst < 900, `timed out after ${milliseconds} ms; others waited up to ${worst} ms`);
      return `timed out after ${Math.round(milliseconds)} ms; ${answers} others, worst ${worst.toFixed(1)} ms`;
    },
  },
];
