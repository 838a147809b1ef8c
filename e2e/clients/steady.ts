import { Cluster } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAddress } from './task.ts';
import type { Task } from './task.ts';

/** A client that goes on writing and reading while something happens to the cluster. */
export interface Steady {
  /** Stops, and fails when any answer was an error or a wrong value, or when there were none. */
  stop(): Promise<void>;
}

const pauseMs = 5;

export async function startSteady(task: Task): Promise<Steady> {
  const natMap = Object.fromEntries(Object.entries(task.reach).map(([from, to]) => [from, parseAddress(to)]));
  const client = new Cluster(task.addresses.map((address) => parseAddress(task.reach[address] ?? address)), { redisOptions: { password: task.password }, natMap });
  client.on('error', () => {});
  const failures: string[] = [];
  let [rounds, running] = [0, true];
  const round = async (key: string): Promise<void> => {
    const value = `${task.value}${rounds}`;
    await client.set(key, value);
    const got = await client.get(key);
    if (got !== value) failures.push(`${key}: ${got} instead of ${value}`);
    rounds += 1;
  };
  const loop = (async () => {
    for (let turn = 0; running; turn += 1) {
      await round(task.keys[turn % task.keys.length]).catch((error: unknown) => failures.push(String(error)));
      await sleep(pauseMs);
    }
  })();
  return {
    async stop() {
      running = false;
      await loop;
      client.disconnect();
      if (rounds === 0 || failures.length > 0) throw new Error(`${failures.length} of ${rounds} rounds of a steady client failed: ${failures.slice(0, 3).join('; ')}`);
    },
  };
}
