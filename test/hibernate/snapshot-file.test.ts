import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Store } from '../../node/engine/store.ts';
import { createNodeContext, type ServerNodeContext } from '../../node/server/create-node-context.ts';
import { startRedisServer } from '../../node/server/start.ts';
import { SnapshotRefused, type SnapshotHead } from '../../node/snapshot/format.ts';
import { loadSnapshot } from '../../node/snapshot/load-snapshot.ts';
import { turn } from '../../node/snapshot/turn.ts';
import { writeSnapshot } from '../../node/snapshot/write-snapshot.ts';
import { createStoreView } from '../../node/store-view.ts';
import type { NewFile, ReadFile } from '../../shared/io/block-file.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { respClient } from '../commands/resp-client.ts';
import { oneNodeView } from '../protocol/one-node-view.ts';
import { everyRef } from '../copies/every-ref.ts';

const head: SnapshotHead = { formatVersion: 1, id: 'a'.repeat(32), clusterUid: 'c', region: 'eu', shard: 0, pod: 'p-0', incarnation: 'b'.repeat(32), epoch: 3, ownershipVersion: 1, shardMs: 1, namespaces: [] };

function emptyNode(): ServerNodeContext {
  const store = new Store({ seed: 0, random: systemPorts.random.unit });
  return createNodeContext({ ports: systemPorts, cluster: oneNodeView(0), store, storeView: createStoreView(store, () => Date.now()) });
}

/** A file in memory. */
function memoryFile(onWrite: () => void = () => undefined): NewFile & { bytes(): Buffer } {
  const parts: Buffer[] = [];
  return {
    bytes: () => Buffer.concat(parts),
    async write(part) {
      parts.push(Buffer.from(part));
      onWrite();
      await Promise.resolve();
    },
    publish: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
}

function reading(bytes: Buffer): ReadFile {
  return { read: (into, position) => Promise.resolve(bytes.copy(into, 0, position, position + into.length)), close: () => Promise.resolve() };
}

async function written(store: Store, onWrite?: () => void): Promise<Buffer> {
  const file = memoryFile(onWrite);
  await writeSnapshot({ store, clock: systemPorts.clock, file, head, first: new Uint8Array(), check: () => undefined, progress: () => undefined, turn: () => turn(systemPorts.timers) });
  return file.bytes();
}

const load = (context: ServerNodeContext, bytes: Buffer) =>
  loadSnapshot({ ports: systemPorts, context, file: reading(bytes), head: () => undefined, onLedger: () => undefined, progress: () => undefined, check: () => undefined });

/** Every entry with its dot, its time and its marks. */
function entriesOf(store: Store): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const ref of everyRef(store)) {
    store.open(ref);
    const key = Buffer.from(store.entryBytes.subarray(store.keyStart, store.keyStart + store.keyLength)).toString();
    found.set(key, [store.typeOf(ref), store.encodingOf(ref), store.isLarge(ref), store.expires(ref) && store.expiryOf(ref), store.sequenceOf(ref), store.epochOf(ref), store.writtenAtSeconds(ref), store.hasOwnLife(ref)]);
  }
  return found;
}

let source: ServerNodeContext;
let bytes: Buffer;

beforeAll(async () => {
  source = emptyNode();
  const server = await startRedisServer({ node: source, host: '127.0.0.1', port: 0 });
  source.cluster = oneNodeView(server.port);
  const client = await respClient(server.port);
  source.store.epochId = 7;
  await client.ask('SET', 'a', '1', 'EX', '1000');
  await client.ask('SET', 'a', '2');
  await client.ask('RPUSH', 'list', 'x', 'y');
  source.store.epochId = 9;
  await client.ask('SADD', 'large', ...Array.from({ length: 600 }, (_, i) => `member ${i}`));
  await client.ask('HSET', 'hash', 'f', 'v');
  await client.ask('SET', '{a}gone', '1');
  await client.ask('DEL', '{a}gone');
  client.close();
  await server.stop();
  bytes = await written(source.store);
});

it('V1, B0: brings back every entry with its dot, epoch and second, large collections too, and the sequences of slots behind all deletions', async () => {
  const target = emptyNode();
  const { entries } = await load(target, bytes);
  expect(entries).toBe(4);
  expect(entriesOf(target.store)).toEqual(entriesOf(source.store));
  expect(Array.from(target.store.slotSequence)).toEqual(Array.from(source.store.slotSequence));
});

it('is the store of one moment: what changes, expires or goes while it is written is in it as it was', async () => {
  const { store } = emptyNode();
  const put = (key: string, value: string, expireAtMs = 0): boolean => {
    const k = Buffer.from(key);
    const v = Buffer.from(value);
    return store.put(k, 0, k.length, 0, store.hashKey(k, 0, k.length), v, 0, v.length, 0, expireAtMs, 1000);
  };
  for (let i = 0; i < 5_000; i++) put(`key:${i}`, 'before'.repeat(50), i % 2 === 0 ? 5_000 : 0);
  const before = entriesOf(store);
  let writes = 0;
  const file = await written(store, () => {
    writes += 1;
    if (writes !== 4) return;
    // The first part is on its way: half of the keys expire, others change, new ones come.
    for (let i = 0; i < 5_000; i += 3) put(`key:${i}`, 'after');
    for (let i = 0; i < 200 && store.housekeep(10_000, 100_000); i++);
    put('later', 'x');
  });
  const target = emptyNode();
  await load(target, file);
  expect(new Set(entriesOf(target.store).keys())).toEqual(new Set(before.keys()));
});

describe('what is not a whole snapshot is refused as a whole', () => {
  const target = emptyNode();
  const refused = async (damaged: Buffer): Promise<void> => {
    await expect(load(target, damaged)).rejects.toBeInstanceOf(SnapshotRefused);
    expect(target.store.entryCount).toBe(0);
    expect(target.store.replica).toBe(false);
  };

  it('cut anywhere', async () => {
    for (let length = 0; length < bytes.length; length += Math.max(1, Math.floor(bytes.length / 400))) await refused(bytes.subarray(0, length));
    await refused(bytes.subarray(0, -1));
  });

  it('B10: with any bit flipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: bytes.length * 8 - 1 }), async (bit) => {
        const damaged = Buffer.from(bytes);
        damaged[bit >> 3] ^= 1 << (bit & 7);
        await refused(damaged);
      }),
      { numRuns: 600 },
    );
  });

  it('with something behind its end, or nothing in it', async () => {
    await refused(Buffer.concat([bytes, Buffer.from([0])]));
    await refused(Buffer.concat([bytes, bytes]));
    await refused(Buffer.alloc(0));
    await refused(Buffer.alloc(100_000, 1));
  });
});
