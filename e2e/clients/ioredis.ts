import { Cluster } from 'ioredis';
import { text } from 'node:stream/consumers';
import { parseAddress } from './task.ts';
import type { Result, Task } from './task.ts';

/** Writes and reads keys through ioredis' cluster client; see task.ts. */
async function run(task: Task): Promise<Result> {
  const natMap = Object.fromEntries(Object.entries(task.reach).map(([from, to]) => [from, parseAddress(to)]));
  const client = new Cluster(task.addresses.map((address) => parseAddress(task.reach[address] ?? address)), { redisOptions: { password: task.password }, natMap, slotsRefreshTimeout: 5_000 });
  client.on('error', () => {});
  const errors: string[] = [];
  let [written, read] = [0, 0];
  for (const key of task.keys) {
    try {
      if (task.write && (await client.set(key, task.value + key)) === 'OK') written += 1;
      const got = await client.get(key);
      if (got === task.value + key) read += 1;
      else errors.push(`GET ${key}: ${got}`);
    } catch (error) {
      errors.push(`${key}: ${String(error)}`);
    }
  }
  client.disconnect();
  return { written, read, errors };
}

process.stdout.write(JSON.stringify(await run(JSON.parse(await text(process.stdin)))));
