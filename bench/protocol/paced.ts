import { encode, Pipe } from '../servers/pipe.ts';
import { pinClient } from '../servers/programs.ts';
import { percentile } from '../statistics.ts';

export interface Load {
  /** Requests of all connections together. */
  readonly perSecond: number;
  readonly seconds: number;
  readonly connections: number;
  readonly keys: number;
  readonly valueBytes: number;
}

export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

const warmUpMs = 1000;

/** Single requests at a steady pace, each on the next connection that waits for nothing; measured from when a request was due, so that a slow reply is not made up for by asking later. */
export async function latenciesAt(port: number, { perSecond, seconds, connections, keys, valueBytes }: Load): Promise<Latencies> {
  pinClient();
  const idle = await Promise.all(Array.from({ length: connections }, () => Pipe.open(port)));
  const pipes = [...idle];
  const value = 'v'.repeat(valueBytes);
  const requests = Array.from({ length: 4096 }, (_, i) => {
    const key = `key:${Math.floor(Math.random() * keys).toString().padStart(12, '0')}`;
    return Buffer.from(encode(i % 10 === 0 ? ['SET', key, value] : ['GET', key]));
  });
  const times: number[] = [];
  const begin = performance.now();
  const endMs = begin + warmUpMs + seconds * 1000;
  let sent = 0;
  for (;;) {
    const now = performance.now();
    if (now > endMs) break;
    const due = ((now - begin) * perSecond) / 1000;
    while (sent < due && idle.length > 0) {
      const pipe = idle.shift() as Pipe;
      const dueMs = begin + (sent * 1000) / perSecond;
      void pipe.send(requests[sent++ % requests.length], 1).then(() => {
        if (dueMs > begin + warmUpMs) times.push(performance.now() - dueMs);
        idle.push(pipe);
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const pipe of pipes) pipe.close();
  return { p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99), p999Ms: percentile(times, 0.999) };
}
