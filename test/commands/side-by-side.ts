import * as fc from 'fast-check';
import { expect } from 'vitest';
import { startNode, type TestNode } from '../protocol/start-node.ts';
import { startRealRedis, type RealRedis } from './real-redis.ts';
import { respClient, type RespClient, type Word } from './resp-client.ts';
import { show, type RespValue } from './resp-values.ts';

/** A node of ours and a real redis-server, to be sent the same commands. */
export interface Pair {
  readonly ours: RespClient;
  readonly theirs: RespClient;
  readonly node: TestNode;
  readonly redis: RealRedis;
  /** A further client of each. */
  another(): Promise<{ readonly ours: RespClient; readonly theirs: RespClient }>;
  /** Up to where collections are packed, on both sides. */
  packUpTo(entries: number, valueBytes: number): Promise<void>;
  stop(): Promise<void>;
}

export type Command = readonly Word[];

export async function startPair(): Promise<Pair> {
  const [node, redis] = await Promise.all([startNode(), startRealRedis()]);
  const [ours, theirs] = await Promise.all([respClient(node.port), respClient(redis.port)]);
  return {
    ours,
    theirs,
    node,
    redis,
    another: async () => ({ ours: await respClient(node.port), theirs: await respClient(redis.port) }),
    async packUpTo(entries, valueBytes) {
      const { limits } = node.node.store.collections;
      Object.assign(limits, { hashMaxListpackEntries: entries, hashMaxListpackValue: valueBytes, setMaxIntsetEntries: entries, zsetMaxListpackEntries: entries, zsetMaxListpackValue: valueBytes });
      const names = ['hash-max-listpack-entries', 'set-max-intset-entries', 'zset-max-listpack-entries'];
      await theirs.ask('CONFIG', 'SET', ...names.flatMap((name) => [name, String(entries)]), 'hash-max-listpack-value', String(valueBytes), 'zset-max-listpack-value', String(valueBytes));
    },
    async stop() {
      ours.close();
      theirs.close();
      await node.server.stop();
      await redis.stop();
    },
  };
}

/** Replies whose order Redis leaves open: elements, or pairs of field and value. */
const unordered: ReadonlyMap<string, 1 | 2> = new Map([
  ['smembers', 1], ['sinter', 1], ['sunion', 1], ['sdiff', 1], ['hkeys', 1], ['hvals', 1], ['hgetall', 2], ['keys', 1], ['geosearch', 1], ['georadius', 1], ['georadiusbymember', 1], ['georadius_ro', 1],
  ['georadiusbymember_ro', 1],
]);
/** Of these only the shape can be the same. */
const random: ReadonlySet<string> = new Set(['spop', 'srandmember', 'hrandfield', 'zrandmember']);

export function comparable(command: Command, reply: RespValue): string {
  const name = command[0].toString().toLowerCase();
  if (random.has(name)) return shape(reply);
  if (name.endsWith('scan') && 'items' in reply) return `scan ${sorted(reply.items[1], name === 'sscan' ? 1 : 2)}`;
  const group = unordered.get(name);
  return group === undefined ? show(reply) : sorted(reply, group);
}

function sorted(reply: RespValue, group: 1 | 2): string {
  if (!('items' in reply)) return show(reply);
  const parts: string[] = [];
  for (let i = 0; i < reply.items.length; i += group) parts.push(reply.items.slice(i, i + group).map(show).join(' '));
  return `${reply.type}${parts.toSorted().join(' ')}`;
}

function shape(reply: RespValue): string {
  if (reply.type === '-') return show(reply);
  return 'items' in reply ? `${reply.type}[${reply.items.map(shape).join(' ')}]` : reply.type;
}

/** Sends both the same commands, from an empty database on; every reply must be the same. */
export async function compare(pair: Pair, commands: readonly Command[]): Promise<void> {
  await Promise.all([pair.ours.ask('FLUSHALL'), pair.theirs.ask('FLUSHALL')]);
  const [ours, theirs] = await Promise.all([pair.ours.askAll(commands), pair.theirs.askAll(commands)]);
  commands.forEach((command, i) => {
    const answer = comparable(command, ours[i]);
    const right = comparable(command, theirs[i]);
    if (answer !== right) expect(answer, commands.slice(0, i + 1).map(written).join('\n')).toBe(right);
  });
}

const written = (command: Command): string => command.map((word) => JSON.stringify(typeof word === 'string' ? word : word.toString('latin1'))).join(' ');

export async function speak(pair: Pair, resp: 2 | 3): Promise<void> {
  await Promise.all([pair.ours.ask('HELLO', String(resp)), pair.theirs.ask('HELLO', String(resp))]);
}

export const runs = (standard: number): number => Number(process.env.MERIDIAN_PROPERTY_RUNS ?? standard);
/** A busy machine may take its time. */
export const propertyTimeoutMs = 240_000;

/** Random sequences of these commands, each followed by the readings that show all of the state. */
export async function compareRandomSequences(pair: Pair, command: fc.Arbitrary<Command>, readings: readonly Command[], numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 40, size: 'max' }), async (commands) => compare(pair, [...commands, ...readings])),
    { numRuns, endOnFailure: false },
  );
}
