import { Store } from '../../node/engine/store.ts';
import type { IoHandler } from '../../node/io/backend.ts';
import { createNodeContext } from '../../node/server/create-node-context.ts';
import { startRedisServer } from '../../node/server/start.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { oneNodeView } from '../../test/protocol/one-node-view.ts';
import { encode } from '../servers/pipe.ts';
import { oneConnection } from '../servers/one-connection.ts';

const batches = 20_000;
/** Inputs made beforehand, used one after the other. */
const inputs = 20_000;

/** What redis-benchmark sends for each command: `of` is a random number below `keys`. */
const parts: Readonly<Record<string, (of: () => string, value: string) => readonly string[]>> = {
  get: (of) => ['GET', `key:${of()}`],
  set: (of, value) => ['SET', `key:${of()}`, value],
  incr: (of) => ['INCR', `counter:${of()}`],
  lpush: (_of, value) => ['LPUSH', 'mylist', value],
  lpop: () => ['LPOP', 'mylist'],
  hset: (of, value) => ['HSET', 'myhash', `element:${of()}`, value],
  sadd: (of) => ['SADD', 'myset', `element:${of()}`],
  zadd: (of) => ['ZADD', 'myzset', '0', `element:${of()}`],
  mget10: (of) => ['MGET', ...Array.from({ length: 10 }, () => `key:${of()}{t}`)],
};

/** A command from its bytes to its reply without sockets, in pipelines: CPU of this thread, the least of many rounds, so that a busy machine counts little. */
export async function measureSteps(commands: readonly string[], pipeline: number, keys: number, valueBytes: number, rounds: number): Promise<void> {
  const handler = await serve();
  const value = 'x'.repeat(valueBytes);
  let state = 1;
  const of = (): string => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * keys).toString().padStart(12, '0');
  };
  const inputOf = (name: string): Buffer => Buffer.from(Array.from({ length: pipeline }, () => encode(parts[name](of, value))).join(''));
  const send = (input: Buffer): void => handler.onData(input, 0, input.length);
  for (let i = 0; i < keys * 2; i += 100) send(Buffer.from(Array.from({ length: 100 }, () => encode(parts.set(of, value))).join('')));
  for (const name of commands) {
    const all = Array.from({ length: inputs }, () => inputOf(name));
    const microseconds: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const before = process.threadCpuUsage();
      for (let i = 0; i < batches; i++) send(all[i % inputs]);
      const { user, system } = process.threadCpuUsage(before);
      microseconds.push((user + system) / batches / pipeline);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const sorted = microseconds.toSorted((a, b) => a - b);
    console.log(`${name.padEnd(7)} P=${pipeline} without sockets: ${sorted[0].toFixed(3)} µs of CPU at least, median ${sorted[rounds >> 1].toFixed(3)}`);
  }
}

async function serve(): Promise<IoHandler> {
  const store = new Store({ seed: 1, verify: 'sampled', random: systemPorts.random.unit });
  // A clock that stands: no turn is ever too long, however busy the machine.
  const startMs = systemPorts.clock.wallMs();
  const ports = { ...systemPorts, clock: { ...systemPorts.clock, wallMs: () => startMs, monotonicMs: () => 0 } };
  const node = createNodeContext({ ports, cluster: oneNodeView(1), store });
  const { backend, accepted } = oneConnection(() => true);
  await startRedisServer({ node, host: '127.0.0.1', port: 0, backend });
  return accepted;
}
