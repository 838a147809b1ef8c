import { Cluster } from 'ioredis';
import { text } from 'node:stream/consumers';
import type { Result, Task } from './task.ts';

/** Writes and reads keys through ioredis' cluster client; see task.ts. */
async function run(task: Task): Promise<Result> {
  const natMap = Object.fromEntries(Object.entries(task.reach).map(([from, to]) => [from, parse(to)]));
  const client = new Cluster(task.addresses.map((address) => parse(task.reach[address] ?? address)), { redisOptions: { password: task.password }, natMap, slotsRefreshTimeout: 5_000 });
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

function parse(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

process.stdout.write(JSON.stringify(await run(JSON.parse(await text(process.stdin)))));
