import { Cluster } from 'ioredis';

/** ioredis cluster clients that write each key once with a value of its own and read back what they wrote; every failure and every loss is kept. */
export interface UniqueWriters {
  readonly written: Map<string, string>;
  /** Operations that failed. Whether a failed write was done nobody can say: its key is left alone from then on. */
  readonly failures: string[];
  /** Acknowledged writes that were not there. */
  readonly losses: string[];
  readonly latenciesMs: number[];
  /** Operations so far. */
  count(): number;
  /** Ends; then reads everything once more. */
  finish(): Promise<void>;
}

export function startUniqueWriters(options: { readonly ports: readonly number[]; readonly clients: number; readonly prefix?: string; readonly valueBytes?: number; /** Keys of each client; absent: ever more. */ readonly keys?: number }): UniqueWriters {
  const written = new Map<string, string>();
  const failures: string[] = [];
  const losses: string[] = [];
  const uncertain = new Set<string>();
  const latenciesMs: number[] = [];
  const most = options.keys ?? Infinity;
  const filling = 'x'.repeat(options.valueBytes ?? 32);
  let running = true;
  let count = 0;
  const clients = Array.from({ length: options.clients }, () => new Cluster(options.ports.map((port) => ({ host: '127.0.0.1', port })), { redisOptions: { maxRetriesPerRequest: 20 } }));
  for (const client of clients) client.on('error', () => undefined);

  async function attempt<T>(what: string, operation: () => Promise<T>): Promise<T | undefined> {
    const begin = performance.now();
    try {
      return await operation();
    } catch (error) {
      failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    } finally {
      count += 1;
      latenciesMs.push(performance.now() - begin);
    }
  }

  async function check(client: Cluster, key: string): Promise<void> {
    const before = written.get(key);
    const value = await attempt(`GET ${key}`, () => client.get(key));
    if (value !== undefined && value !== before && value !== written.get(key)) losses.push(`${key} is ${String(value)?.slice(0, 40)}, ${String(before).slice(0, 40)} was acknowledged`);
  }

  async function run(client: Cluster, id: number): Promise<void> {
    for (let i = 0; running; i++) {
      // New keys, and old ones written again: each key has one writer, so what was acknowledged last must be there.
      const key = `${options.prefix ?? 'u'}:${id}:${i % 3 === 0 && i < most ? i : Math.floor(Math.random() * Math.min(i, most))}`;
      if (uncertain.has(key)) continue;
      const value = `${id}:${i}:${filling}`;
      const answer = await attempt(`SET ${key}`, () => client.set(key, value));
      if (answer !== 'OK') {
        uncertain.add(key);
        written.delete(key);
        continue;
      }
      written.set(key, value);
      await check(client, key);
    }
  }
  const everyone = clients.map(run);

  return {
    written, failures, losses, latenciesMs,
    count: () => count,
    async finish() {
      running = false;
      await Promise.all(everyone);
      const keys = [...written.keys()];
      await Promise.all(clients.map(async (client, id) => {
        for (const key of keys.filter((_, i) => i % clients.length === id)) await check(client, key);
      }));
      for (const client of clients) client.disconnect();
    },
  };
}
