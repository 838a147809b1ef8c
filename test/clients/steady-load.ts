import { Cluster } from 'ioredis';
import { keyPerSlotRange } from './keys.ts';

/** A cluster client that sets keys of every slot range and reads them back, one after the other, until it is stopped. */
export interface SteadyLoad {
  /** Keys that were set and read back rightly so far. */
  readonly rounds: () => number;
  /** Ends it; resolves to every operation that failed and every answer that was not the right one. */
  readonly stop: () => Promise<readonly string[]>;
}

/** Starts the load against the node at `port` of this machine; `prefix` keeps the keys of one load apart from those of others. */
export function startSteadyLoad(port: number, prefix: string): SteadyLoad {
  const client = new Cluster([{ host: '127.0.0.1', port }]);
  client.on('error', () => undefined);
  const failures: string[] = [];
  let rounds = 0;
  let running = true;
  const loops = keyPerSlotRange(8, prefix).map(async (key) => {
    for (let value = 0; running; value += 1) {
      try {
        await client.set(key, value);
        const got = await client.get(key);
        if (got !== `${value}`) failures.push(`${key}: ${got} instead of ${value}`);
        rounds += 1;
      } catch (error) {
        failures.push(String(error));
        // Failures may come at once: others must have their turn, or the test cannot end.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  });
  return {
    rounds: () => rounds,
    async stop() {
      running = false;
      await Promise.all(loops);
      client.disconnect();
      return failures;
    },
  };
}
