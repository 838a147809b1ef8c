import { describe, expect, it } from 'vitest';
import { Applier } from '../../node/copies/applier.ts';
import { largeChunk } from '../../node/copies/pace.ts';
import { Recorder } from '../../node/copies/recorder.ts';
import { Snapshots } from '../../node/copies/snapshots.ts';
import { Store } from '../../node/engine/store.ts';
import { ClientSession } from '../../node/server/client-session.ts';
import { createNodeContext, type ServerNodeContext } from '../../node/server/create-node-context.ts';
import { createCall, execute } from '../../node/server/executor.ts';
import { ReplyWriter } from '../../node/server/reply-writer.ts';
import { labelKind, labelsOfKind } from '../../node/tenants/labels.ts';
import { settingsFor } from '../../node/tenants/test-namespaces.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import { oneNodeView } from '../protocol/one-node-view.ts';
import { everyRef } from './every-ref.ts';

const output = { send() {}, closeAfterReply() {}, closeNow() {}, hold() {}, release() {}, pendingBytes: 0, inputBytes: 0 };
const startMs = 1_700_000_000_000;

/** A node without sockets: commands go in, units come out, or the other way round. */
class Side {
  readonly store = new Store({ seed: 3, segmentBytes: 65_536, random: () => 0.5 });
  readonly node: ServerNodeContext = createNodeContext({ ports: systemPorts, store: this.store, cluster: oneNodeView(1) });
  readonly recorder = new Recorder(this.store);
  readonly applier = new Applier(this.node);
  readonly #reply = new ReplyWriter(4096);
  readonly #client = new ClientSession({ id: 1, address: '', localAddress: '', createdAtMs: 0, output });
  nowMs = startMs;
  #revision = 0;

  constructor() {
    this.#client.authenticated = true;
  }

  lead(): this {
    this.store.replica = false;
    this.store.feed = this.recorder;
    return this;
  }

  apply(...namespaces: readonly ReturnType<typeof settingsFor>[]): void {
    this.#revision += 1;
    this.node.namespaces?.apply({ formatVersion: 1, revision: this.#revision, namespaces: [...namespaces], retired: [] });
  }

  run(...parts: readonly (string | number)[]): string {
    const bytes = parts.map((part) => Buffer.from(String(part)));
    const call = createCall(this.node, this.#reply, this.#client);
    Object.assign(call, { bytes: Buffer.concat(bytes), argc: parts.length, start: new Int32Array(parts.length), length: Int32Array.from(bytes, (part) => part.length), nowMs: this.nowMs });
    for (let i = 1; i < parts.length; i++) call.start[i] = call.start[i - 1] + call.length[i - 1];
    const command = this.node.server.table.find(call.bytes, 0, call.length[0]);
    call.keySlot = parts.length > 1 ? slotOfKey(bytes[1]) : -1;
    call.keyHash = parts.length > 1 ? this.store.hashKey(call.bytes, call.start[1], call.length[1]) : 0;
    this.#reply.reset();
    execute(command, call);
    if (this.recorder.dirty && command !== undefined) this.recorder.ran(command, call);
    return Buffer.from(this.#reply.buffer.subarray(0, this.#reply.position)).toString();
  }

  /** What happened since the last unit, done by the other side too. */
  shipTo(other: Side): void {
    this.recorder.settle();
    other.applier.nowMs = this.nowMs;
    if (this.recorder.opCount > 0) other.applier.apply(Buffer.from(this.recorder.unit.view()));
    this.recorder.clear();
  }

  /** Living keys with their expiry, whether their life is their own, and their tags. */
  contents(): readonly string[] {
    const { store } = this;
    const found: string[] = [];
    for (const ref of everyRef(store)) {
      if (store.isForgotten(ref)) continue;
      const labels = store.labelsOf(ref);
      store.open(ref);
      const key = Buffer.from(store.entryBytes.subarray(store.keyStart, store.keyStart + store.keyLength)).toString();
      found.push(`${key} ${store.expiryOf(ref) === 0 ? '-' : store.expiryOf(ref) - startMs} ${store.hasOwnLife(ref)} ${labels === undefined ? '' : labelsOfKind(labels, labelKind.tag).join('+')}`);
    }
    return found.toSorted();
  }
}

function pair(): { readonly leader: Side; readonly copy: Side } {
  const leader = new Side().lead();
  const copy = new Side();
  copy.store.replica = true;
  return { leader, copy };
}

describe('copies of namespaces', () => {
  it('follow lives, renewals, tags and dependencies, without knowing the namespaces', async () => {
    const { leader, copy } = pair();
    leader.apply(settingsFor('a', { defaultTtlMs: 100_000, ttlJitterPercent: 20, slidingExpiry: true }));
    for (let i = 0; i < 20; i++) leader.run('SET', `a:${i}`, 'v');
    for (let i = 0; i < 3_000; i++) leader.run('HSET', 'a:large', `field ${i}`, i);
    leader.run('SET', 'a:own', 'v', 'EX', 1_000);
    const tagged = (): string => leader.run('MERIDIAN.WRITE', 'a:tagged', 'v', 'BYTES', 'TAGS', 2, 'x', 'y', 'DEPENDS', 1, '1');
    // The first dependency of a namespace waits until the other shards know of it: here there are none.
    expect(tagged()).toMatch(/^-TRYAGAIN /);
    await Promise.resolve();
    expect(tagged()).not.toMatch(/^-/);
    leader.shipTo(copy);
    leader.nowMs += 50_000;
    leader.run('GET', 'a:0');
    leader.run('HLEN', 'a:large');
    leader.run('EXPIRE', 'a:2', 77);
    leader.shipTo(copy);
    expect(copy.contents()).toEqual(leader.contents());
    expect(copy.contents().find((line) => line.startsWith('a:tagged'))).toMatch(/^a:tagged \d+ false x\+y$/);
    leader.run('DEL', 'a:1');
    leader.shipTo(copy);
    expect(leader.run('GET', 'a:tagged')).toBe('$-1\r\n');
    expect(copy.contents()).toEqual(leader.contents());
  });

  it('follow a flush, wherever it stands among writes, and so does who is promoted', () => {
    const { leader, copy } = pair();
    leader.apply(settingsFor('a'), settingsFor('b'));
    for (let i = 0; i < 50; i++) leader.run('SET', `${i % 2 === 0 ? 'a' : 'b'}:${i}`, 'before');
    leader.shipTo(copy);
    leader.run('SET', 'a:new', 'before');
    leader.node.namespaces?.flush('a');
    leader.run('SET', 'a:0', 'after');
    leader.shipTo(copy);
    expect(copy.contents()).toEqual(leader.contents());
    expect(copy.contents().length).toBe(26);
    copy.lead();
    copy.apply(settingsFor('a'), settingsFor('b'));
    expect([copy.run('GET', 'a:0'), copy.run('GET', 'a:2')]).toEqual(['$5\r\nafter\r\n', '$-1\r\n']);
    for (let i = 0; i < 100 && copy.store.housekeep(copy.nowMs, 10_000); i++);
    expect([copy.node.namespaces?.keyCount('a'), copy.node.namespaces?.keyCount('b'), copy.run('DBSIZE')]).toEqual([1, 25, ':26\r\n']);
  });

  it('begin without what was flushed and not removed yet', () => {
    const { leader, copy } = pair();
    leader.apply(settingsFor('a'));
    for (let i = 0; i < 500; i++) leader.run('SET', `a:${i}`, 'v');
    leader.node.namespaces?.flush('a');
    leader.run('MERIDIAN.WRITE', 'a:1', 'v', 'BYTES', 'TAGS', 1, 'x', 'PX', 60_000);
    leader.recorder.clear();
    const snapshots = new Snapshots(leader.store, leader.recorder, () => 0);
    snapshots.start('copy', 1, new Uint8Array(0));
    for (let part = snapshots.next('copy', 1, largeChunk); part !== undefined; part = snapshots.next('copy', 1, largeChunk)) copy.applier.apply(part.bytes);
    expect(copy.contents()).toEqual(['a:1 60000 true x']);
    expect(copy.contents()).toEqual(leader.contents());
  });

  it.each([[{ kind: 'tag', tag: 't 0' }, 10], [{ kind: 'pattern', pattern: '1*' }, 11], [{ kind: 'key', key: '4' }, 1], [{ kind: 'all' }, 20]] as const)('follow an invalidation of %o', async (what, count) => {
    const { leader, copy } = pair();
    leader.apply(settingsFor('a'), settingsFor('b'));
    for (let i = 0; i < 20; i++) leader.run('MERIDIAN.WRITE', `a:${i}`, 'v', 'BYTES', 'TAGS', 1, `t ${i % 2}`);
    leader.run('SET', 'b:1', 'v');
    leader.shipTo(copy);
    expect(await leader.node.internals.tenants.invalidations.run('a', what)).toBe(count);
    leader.shipTo(copy);
    expect(copy.contents()).toEqual(leader.contents());
    expect(copy.contents().length).toBe(21 - count);
  });
});
