import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Applier } from '../../node/copies/applier.ts';
import { Recorder } from '../../node/copies/recorder.ts';
import { Snapshots } from '../../node/copies/snapshots.ts';
import { dumpEntry } from '../../node/commands/serialization/write-value.ts';
import type { Call } from '../../node/commands/spec.ts';
import { noExpiry } from '../../node/engine/entry-layout.ts';
import { Store } from '../../node/engine/store.ts';
import { ClientSession } from '../../node/server/client-session.ts';
import { createNodeContext, type ServerNodeContext } from '../../node/server/create-node-context.ts';
import { createCall, execute } from '../../node/server/executor.ts';
import { ReplyWriter } from '../../node/server/reply-writer.ts';
import { buildView } from '../../node/topology/build-view.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { slotCount, slotOfKey } from '../../shared/slots/crc16.ts';
import { everyRef } from './every-ref.ts';

const self = { pod: 'c-r-s0-0', uid: 'u', incarnation: 'i', generation: 1, version: 1, state: 'alive', region: 'r', shard: 0, role: 'primary', epoch: 1, ip: '127.0.0.1', hostname: 'h', redisPort: 1, httpPort: 2, busPort: 3 } as const;
const output = { send() {}, closeAfterReply() {}, closeNow() {}, hold() {}, release() {}, pendingBytes: 0, inputBytes: 0 };

/** A node without sockets: commands go in, units come out. */
class Side {
  readonly store: Store;
  readonly node: ServerNodeContext;
  readonly recorder: Recorder;
  readonly #call: Call;
  readonly #reply = new ReplyWriter(4096);
  nowMs = 1_700_000_000_000;

  constructor(limitBytes = 0) {
    this.store = new Store({ seed: 3, limitBytes, segmentBytes: 65_536, random: Math.random });
    // So small that most collections lie in parts, whose changes travel as commands.
    Object.assign(this.store.collections.limits, { hashMaxListpackEntries: 16, setMaxIntsetEntries: 16, zsetMaxListpackEntries: 16 });
    const map = { formatVersion: 1 as const, version: 1, ranges: [{ from: 0, to: slotCount - 1, shard: 0, generation: 1 }], moves: [] };
    this.node = createNodeContext({ ports: systemPorts, store: this.store, cluster: buildView({ clusterUid: 'c', announce: 'ip', records: [self], map, serving: true }) });
    this.recorder = new Recorder(this.store);
    const client = new ClientSession({ id: 1, address: '', localAddress: '', createdAtMs: 0, output });
    client.authenticated = true;
    this.#call = createCall(this.node, this.#reply, client);
  }

  /** Runs a command as the server does; what it changed is in the recorder's unit. */
  run(parts: readonly string[]): void {
    const call = this.#call;
    const bytes = parts.map((part) => Buffer.from(part));
    call.bytes = Buffer.concat(bytes);
    call.argc = parts.length;
    call.start = new Int32Array(parts.length);
    call.length = Int32Array.from(bytes, (part) => part.length);
    for (let i = 1; i < parts.length; i++) call.start[i] = call.start[i - 1] + call.length[i - 1];
    const command = this.node.server.table.find(call.bytes, 0, call.length[0]);
    const key = command?.firstKey ?? 0;
    const keyed = key > 0 && key < parts.length;
    call.keySlot = keyed ? slotOfKey(bytes[key]) : -1;
    call.keyHash = keyed ? this.store.hashKey(call.bytes, call.start[key], call.length[key]) : 0;
    call.nowMs = this.nowMs;
    this.#reply.reset();
    execute(command, call);
    if (this.recorder.dirty && command !== undefined) this.recorder.ran(command, call);
  }

  takeUnit(): Buffer | undefined {
    this.recorder.settle();
    const unit = this.recorder.opCount > 0 ? Buffer.from(this.recorder.unit.view()) : undefined;
    return unit;
  }

  /** Every key with its value, expiry and the sequence of its slot. */
  contents(): readonly string[] {
    const { store } = this;
    const found: string[] = [];
    for (const ref of everyRef(store)) {
      store.open(ref);
      const key = Buffer.from(store.entryBytes.subarray(store.keyStart, store.keyStart + store.keyLength)).toString('latin1');
      found.push(`${key} ${dumpEntry(store, ref)?.toString('hex')} ${store.expires(ref) ? store.expiryOf(ref) : noExpiry}`);
    }
    return found.toSorted();
  }
}

function copyOf(primary: Side): { readonly side: Side; readonly applier: Applier } {
  primary.store.feed = primary.recorder;
  const side = new Side();
  side.store.replica = true;
  return { side, applier: new Applier(side.node) };
}

const key = fc.integer({ min: 0, max: 5 }).map((n) => `{k}${n}`);
const word = fc.oneof(fc.integer({ min: 0, max: 400 }).map(String), fc.integer({ min: 60, max: 3_000 }).map((n) => 'x'.repeat(n)));
const many = fc.array(fc.tuple(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 0, max: 99 })), { minLength: 1, maxLength: 200 });
const command = fc.oneof(
  fc.tuple(key, word).map(([k, v]) => ['set', k, v]),
  fc.tuple(key, word).map(([k, v]) => ['set', k, v, 'px', '50']),
  fc.tuple(key, word).map(([k, v]) => ['append', k, v]),
  fc.tuple(key, fc.integer({ min: 0, max: 5_000 }), word).map(([k, at, v]) => ['setrange', k, String(at), v]),
  fc.tuple(key, fc.integer({ min: 0, max: 90_000 })).map(([k, at]) => ['setbit', k, String(at), '1']),
  key.map((k) => ['incr', k]),
  key.map((k) => ['incrbyfloat', k, '0.1']),
  key.map((k) => ['del', k]),
  key.map((k) => ['getdel', k]),
  fc.tuple(key, fc.integer({ min: 1, max: 100 })).map(([k, ms]) => ['pexpire', k, String(ms)]),
  key.map((k) => ['persist', k]),
  fc.tuple(key, key).map(([a, b]) => ['rename', a, b]),
  fc.tuple(key, key).map(([a, b]) => ['copy', a, b, 'replace']),
  fc.tuple(key, many).map(([k, pairs]) => ['hset', k, ...pairs.flatMap(([f, v]) => [`f${f}`, String(v)])]),
  fc.tuple(key, many).map(([k, pairs]) => ['hdel', k, ...pairs.map(([f]) => `f${f}`)]),
  fc.tuple(key, many).map(([k, pairs]) => ['sadd', k, ...pairs.map(([f]) => `m${f}`)]),
  fc.tuple(key, many).map(([k, pairs]) => ['srem', k, ...pairs.map(([f]) => `m${f}`)]),
  fc.tuple(key, fc.integer({ min: 1, max: 9 })).map(([k, n]) => ['spop', k, String(n)]),
  fc.tuple(key, key, key).map(([a, b, c]) => ['sunionstore', a, b, c]),
  fc.tuple(key, many).map(([k, pairs]) => ['rpush', k, ...pairs.map(([f]) => `e${f}`)]),
  key.map((k) => ['lpop', k, '7']),
  fc.tuple(key, key).map(([a, b]) => ['lmove', a, b, 'left', 'right']),
  fc.tuple(key, many).map(([k, pairs]) => ['zadd', k, ...pairs.flatMap(([f, v]) => [String(v), `z${f}`])]),
  fc.tuple(key, many).map(([k, pairs]) => ['zrem', k, ...pairs.map(([f]) => `z${f}`)]),
  key.map((k) => ['zincrby', k, '1.5', 'z1']),
  fc.tuple(key, key).map(([a, b]) => ['zunionstore', a, '1', b]),
  fc.tuple(key, many).map(([k, pairs]) => ['pfadd', k, ...pairs.map(([f]) => `p${f}`)]),
  fc.constant(['flushall']),
  fc.integer({ min: 1, max: 40 }).map((ms) => ['(time passes)', String(ms)]),
);

describe('the stream of units', () => {
  it('makes a copy equal to its primary after every command', { timeout: 240_000 }, () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 60 }), (commands) => {
        const primary = new Side();
        const { side, applier } = copyOf(primary);
        for (const parts of commands) {
          if (parts[0] === '(time passes)') {
            primary.nowMs += Number(parts[1]);
            primary.store.housekeep(primary.nowMs, 10_000);
          } else primary.run(parts);
          const unit = primary.takeUnit();
          primary.recorder.clear();
          if (unit !== undefined) applier.apply(unit);
          expect(side.contents(), parts.join(' ').slice(0, 200)).toEqual(primary.contents());
        }
        expect(side.store.slotSequence[slotOfKey(Buffer.from('{k}'))]).toBeLessThanOrEqual(primary.store.slotSequence[slotOfKey(Buffer.from('{k}'))]);
      }),
      { numRuns: 60 },
    );
  });

  it('carries a change of a large collection as its command', () => {
    const primary = new Side();
    const { side, applier } = copyOf(primary);
    const sizes = [...Array.from({ length: 40 }, (_, i) => ['hset', 'h', `field-${i}`, 'v'.repeat(50)]), ['hset', 'h', 'field-7', 'w']].map((parts) => {
      primary.run(parts);
      const unit = primary.takeUnit() as Buffer;
      primary.recorder.clear();
      applier.apply(unit);
      return unit.length;
    });
    expect(sizes.at(-1)).toBeLessThan(80);
    expect(side.contents()).toEqual(primary.contents());
  });

  it('P15: carries evictions: a copy never evicts and never keeps what its primary evicted', () => {
    const primary = new Side(3 * 1024 * 1024);
    primary.store.setPolicy('allkeys-lru');
    const { side, applier } = copyOf(primary);
    for (let i = 0; i < 6_000; i++) {
      primary.run(['set', `key-${i}`, 'v'.repeat(900)]);
      const unit = primary.takeUnit();
      primary.recorder.clear();
      if (unit !== undefined) applier.apply(unit);
    }
    expect(primary.store.evictedKeys).toBeGreaterThan(1_000);
    expect(side.store.evictedKeys).toBe(0);
    expect(side.contents()).toEqual(primary.contents());
  });

  it('P14: a copy made beside writes is the primary\'s store', { timeout: 240_000 }, () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 5, maxLength: 60 }), fc.array(command, { maxLength: 80 }), (before, beside) => {
        const primary = new Side();
        const { side, applier } = copyOf(primary);
        const snapshots = new Snapshots(primary.store, primary.recorder, () => 0);
        const perform = (parts: readonly string[]): void => {
          if (parts[0] !== '(time passes)') primary.run(parts);
          primary.takeUnit();
          snapshots.unitWritten();
          primary.recorder.clear();
        };
        for (let i = 0; i < 400; i++) perform(['set', `filler-${i}`, 'f'.repeat(1_500)]);
        before.forEach(perform);
        snapshots.start('joiner', 1);
        const left = [...beside];
        for (;;) {
          const chunk = snapshots.next('joiner', 1, { bytes: 64 * 1024, untilMs: Infinity });
          if (chunk === undefined) throw new Error('the copy was given up');
          applier.apply(chunk.bytes);
          if (chunk.last) break;
          for (let i = 0; i < 20 && left.length > 0; i++) perform(left.pop() as string[]);
        }
        expect(side.contents()).toEqual(primary.contents());
      }),
      { numRuns: 40 },
    );
  });
});
