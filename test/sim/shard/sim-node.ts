import { createBacklog } from '../../../node/replication/backlog.ts';
import type { MemberEffect, MemberEvent, ReportedEvent } from '../../../node/replication/effects.ts';
import { createMember, type Member } from '../../../node/replication/member.ts';
import { kept, type Envelope } from '../../../node/replication/messages.ts';
import type { PlantedBugs } from '../../../node/replication/planted-bugs.ts';
import { createShardTime } from '../../../node/replication/shard-time.ts';
import { standardTiming } from '../../../node/replication/state.ts';
import type { LeaseStore } from '../world/lease-store.ts';
import type { Rng } from '../world/rng.ts';
import type { Scheduler } from '../world/scheduler.ts';
import { decode, encode, type Chunk, type Command, type Effect, type Entry, type Position } from './key-value-op.ts';

/** How a simulated process reaches others; the world decides what arrives, and when. */
export interface Wires {
  send(envelope: Envelope): void;
  /** B2: true once `member` has been proved dead to `by`. */
  probe(by: string, member: string, incarnation: string, answer: (dead: boolean) => void): void;
  witnesses(): readonly string[];
  incarnationOf(member: string): string;
  report(node: string, event: ReportedEvent): void;
  /** A unit was logged by its first writer: positions are unique, and every copy has the same bytes there (V1). */
  logged(node: SimNode, at: Position, bytes: string): void;
  applied(node: SimNode, at: Position, bytes: string): void;
  evicted(key: string): void;
  broken(what: string): void;
}

export interface Parts {
  readonly world: Scheduler;
  readonly lease: LeaseStore;
  readonly wires: Wires;
  readonly rng: Rng;
  readonly bugs: PlantedBugs;
  readonly rate: number;
  readonly minInSync: number;
  readonly backlogBytes: number;
  readonly evictChance: number;
  readonly evictUntilMs: number;
}

export type Answer = { readonly kind: 'values'; readonly entries: readonly (Entry | undefined)[] } | { readonly kind: 'refused'; readonly primary: string | undefined } | { readonly kind: 'lost' };

interface Held {
  readonly seq: number;
  /** −Infinity: a write. */
  readonly readAtMs: number;
  readonly answer: (answer: Answer) => void;
  readonly result: Answer;
}

const tickMs = 20;
export const emptyAfterMs = 3_000;
const chunkKeys = 3;
const wallEpochMs = 1_700_000_000_000;

interface Snapshot {
  readonly snapshot: number;
  /** The last key that the scan has passed. */
  passed: string;
  changes: Entry[];
}

/** One process: the production state machine with a small map for a store, and the shell around both. */
export class SimNode {
  readonly name: string;
  readonly incarnation: string;
  readonly podUid: string;
  readonly member: Member;
  alive = true;
  /** SIGSTOP: events wait until it goes on. */
  paused = false;
  wallOffsetMs = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #store = new Map<string, Entry>();
  #held: Held[] = [];
  /** Writes that wait for the end of a hand-over. */
  #pausedWrites: (() => void)[] = [];
  #commit = 0;
  #appliedSeq = 0;
  #appendedThisTurn = false;
  #mapReadEpoch = -1;
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #parts: Parts;
  readonly #backlog;
  readonly #time;

  constructor(name: string, incarnation: string, podUid: string, parts: Parts, wallOffsetMs = 0) {
    this.name = name;
    this.incarnation = incarnation;
    this.podUid = podUid;
    this.#parts = parts;
    this.wallOffsetMs = wallOffsetMs;
    const { rng, wires, world } = parts;
    this.#backlog = createBacklog(parts.backlogBytes);
    this.#time = createShardTime(this.#wallMs(), this.#now());
    const hex = (): string => Array.from({ length: 4 }, () => rng.u32().toString(16).padStart(8, '0')).join('');
    this.member = createMember(
      {
        self: name, incarnation, podUid, shard: 0, timing: { ...standardTiming, emptyAfterMs }, minInSync: parts.minInSync, backlog: this.#backlog, nonce: hex, jitter: () => rng.unit(),
        witnesses: () => wires.witnesses(), incarnationOf: (member) => wires.incarnationOf(member), shardMs: () => this.#shardMs(), observeShardMs: (ms, epoch) => this.#time.observe(ms, this.#now(), epoch), bugs: parts.bugs,
      },
      this.#now(),
    );
    const turn = (): void => {
      if (!this.alive) return;
      this.run(() => this.#turn());
      world.at(world.nowMs() + tickMs / parts.rate, turn);
    };
    world.at(world.nowMs() + rng.unit() * tickMs, turn);
  }

  #now(): number {
    return this.#parts.world.nowMs() * this.#parts.rate;
  }

  #wallMs(): number {
    return wallEpochMs + this.#parts.world.nowMs() + this.wallOffsetMs;
  }

  #shardMs(): number {
    return this.member.state.role === 'primary' ? this.#time.read(this.#wallMs(), this.#now()) : this.#time.receivedMs;
  }

  /** Runs now, or when the process goes on after a pause; never after its death. */
  run(work: () => void): void {
    if (!this.alive) return;
    if (this.paused) this.#waiting.push(work);
    else work();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    for (const work of this.#waiting.splice(0)) this.run(work);
  }

  receive(envelope: Envelope): void {
    this.run(() => this.#step({ type: 'message', envelope }));
  }

  disconnected(member: string): void {
    this.run(() => this.#step({ type: 'disconnected', member }));
  }

  kill(): void {
    this.alive = false;
    for (const held of this.#held.splice(0)) held.answer({ kind: 'lost' });
  }

  switchover(target?: string): void {
    this.run(() => this.#step({ type: 'switchover', target }));
  }

  #turn(): void {
    this.#step({ type: 'tick' });
    const { bugs, rng, world, evictChance, evictUntilMs } = this.#parts;
    const { state } = this.member;
    if (state.serving && state.role === 'primary' && !this.member.isPausing()) {
      const nowMs = this.#shardMs();
      for (const entry of this.#store.values()) if (entry.value !== undefined && entry.expireAt !== undefined && entry.expireAt <= nowMs) this.#log([{ key: entry.key }]);
      // P15: only the primary evicts, and an eviction is an entry of the stream.
      if (world.nowMs() < evictUntilMs && rng.chance(evictChance) && this.#now() < this.member.leaseUntilMs()) for (const entry of this.#store.values()) if (entry.key.startsWith('e') && entry.value !== undefined) {
        this.#parts.wires.evicted(entry.key);
        this.#log([{ key: entry.key }]);
        break;
      }
    } else if (state.role === 'replica' || state.role === 'outsider') {
      if (bugs.replicaEvicts && rng.chance(0.05)) for (const entry of this.#store.values()) if (entry.key.startsWith('e')) {
        this.#store.delete(entry.key);
        break;
      }
      if (bugs.expiryByReplicaClock) for (const entry of this.#store.values()) if (entry.expireAt !== undefined && entry.expireAt <= this.#wallMs()) this.#store.delete(entry.key);
    }
    this.#release();
  }

  /** Serves one command as the server's turn does: execute, log, hold the reply until it may go. */
  request(command: Command, answer: (answer: Answer) => void): void {
    this.run(() => {
      const { state } = this.member;
      if (command.kind === 'read' && command.replica === true && !state.serving) return this.#replicaRead(command.keys, answer);
      if (!state.serving || this.#now() >= this.member.leaseUntilMs()) {
        answer({ kind: 'refused', primary: state.config?.primary });
        return undefined;
      }
      if (command.kind === 'read') {
        const nowMs = this.#shardMs();
        for (const key of command.keys) this.#expireIfDue(key, nowMs);
        const entries = command.keys.map((key) => this.#store.get(key));
        // P7: a reply waits for what it shows, a tombstone included.
        const seq = this.#parts.bugs.replyUncommittedRead ? 0 : Math.max(0, ...entries.map((entry) => entry?.at.seq ?? 0));
        this.#hold({ seq, readAtMs: this.#now(), answer, result: { kind: 'values', entries } });
      } else if (this.member.isPausing()) {
        this.#pausedWrites.push(() => this.request(command, answer));
        return undefined;
      } else this.#write(command, answer);
      this.#release();
      return undefined;
    });
  }

  #replicaRead(keys: readonly string[], answer: (answer: Answer) => void): void {
    const { state } = this.member;
    if (!this.member.isReadable() && !(this.#parts.bugs.replicaReadsUncommitted && state.role === 'replica')) {
      answer({ kind: 'refused', primary: state.config?.primary });
      return;
    }
    const hidden = (entry: Entry | undefined): boolean => entry?.expireAt !== undefined && entry.expireAt <= this.#time.receivedMs;
    answer({ kind: 'values', entries: keys.map((key) => this.#store.get(key)).map((entry) => (hidden(entry) ? undefined : entry)) });
  }

  #write(command: Extract<Command, { kind: 'write' }>, answer: (answer: Answer) => void): void {
    if (!this.member.isWritable()) {
      answer({ kind: 'refused', primary: undefined });
      return;
    }
    const { bugs, wires, world, minInSync } = this.#parts;
    const expireAt = command.ttlMs === undefined ? undefined : this.#shardMs() + command.ttlMs;
    const effects: Effect[] = command.keys.map((key) => ({ key, value: command.value, expireAt }));
    const inSync = this.member.state.config?.isr.length ?? 0;
    const counted = (result: Answer): void => {
      if (result.kind === 'values' && inSync < minInSync) wires.broken(`a write was acknowledged with ${inSync} copies where ${minInSync} are asked for`);
      answer(result);
    };
    const finish = (seq: number): void => this.#hold({ seq, readAtMs: -Infinity, answer: counted, result: { kind: 'values', entries: [] } });
    if (!bugs.halfAnExec || effects.length === 1) return finish(this.#log(effects));
    this.#log(effects.slice(0, 1));
    world.at(world.nowMs() + 0.5, () => this.run(() => {
      if (this.member.state.serving) finish(this.#log(effects.slice(1)));
      else answer({ kind: 'lost' });
    }));
    return undefined;
  }

  #expireIfDue(key: string, nowMs: number): void {
    const entry = this.#store.get(key);
    if (entry?.value !== undefined && entry.expireAt !== undefined && entry.expireAt <= nowMs) this.#log([{ key }]);
  }

  /** Executes and logs one unit. */
  #log(effects: readonly Effect[]): number {
    const bytes = encode(effects);
    const seq = this.member.append(bytes);
    const at = this.member.state.last;
    this.#parts.wires.logged(this, at, decode<object[]>(bytes).map((one) => JSON.stringify(one)).join());
    this.#appliedSeq = seq;
    this.#set(effects, at);
    if (this.#parts.bugs.earlyTombstoneDrop) for (const effect of effects) if (effect.value === undefined) this.#store.delete(effect.key);
    if (!this.#parts.bugs.snapshotWithoutTail) for (const one of this.#snapshots.values()) for (const effect of effects) if (effect.key <= one.passed) one.changes.push({ ...effect, at });
    this.#endOfTurn();
    return seq;
  }

  #set(effects: readonly Effect[], at: Position): void {
    for (const effect of effects) this.#store.set(effect.key, { ...effect, at });
  }

  #hold(held: Held): void {
    this.#held.push(held);
  }

  /** Units of one event-loop turn travel together. */
  #endOfTurn(): void {
    if (this.#appendedThisTurn) return;
    this.#appendedThisTurn = true;
    this.#parts.world.at(this.#parts.world.nowMs(), () =>
      this.run(() => {
        this.#appendedThisTurn = false;
        this.#step({ type: 'appended' });
      }),
    );
  }

  #release(leaseUntilMs: number = this.member.leaseUntilMs()): void {
    const waiting: Held[] = [];
    // P2: writes while alone in the ISR go only under the lease; else their acknowledgements fence them.
    const writesGo = !this.member.writesNeedLease() || this.#now() < leaseUntilMs;
    for (const held of this.#held) {
      // Reads go once a lease is known that covers when they were executed.
      if (held.seq > this.#commit || held.readAtMs >= leaseUntilMs || (held.seq > 0 && !writesGo)) waiting.push(held);
      else held.answer(held.result);
    }
    this.#held = waiting;
    if (this.#pausedWrites.length > 0 && !this.member.isPausing()) for (const again of this.#pausedWrites.splice(0)) again();
  }

  #step(event: MemberEvent): void {
    for (const effect of this.member.step(event, this.#now())) this.#carryOut(effect);
    this.#release();
  }

  #applyTo(seq: number): void {
    if (seq <= this.#appliedSeq) return;
    this.#backlog.each(this.#appliedSeq + 1, seq, (epoch, unitSeq, bytes) => {
      const effects = decode<Effect[]>(bytes);
      this.#parts.wires.applied(this, { epoch, seq: unitSeq }, effects.map((one) => JSON.stringify(one)).join());
      this.#set(effects, { epoch, seq: unitSeq });
    });
    this.#appliedSeq = seq;
  }

  #carryOut(effect: MemberEffect): void {
    const { lease, wires } = this.#parts;
    switch (effect.type) {
      case 'send':
        wires.send(kept({ shard: 0, epoch: effect.epoch, from: this.name, fromIncarnation: this.incarnation, to: effect.to, toIncarnation: effect.toIncarnation, message: effect.message }));
        return;
      case 'read-lease':
        lease.read(this.name, (config) => this.run(() => this.#step(config === undefined ? { type: 'lease-failed', request: effect.request } : { type: 'lease-read', request: effect.request, config })));
        return;
      case 'cas':
        lease.swap(this.name, effect.config, (result) =>
          this.run(() => this.#step(result === undefined ? { type: 'cas-result', id: effect.id, outcome: 'unknown' } : result === 'conflict' ? { type: 'cas-result', id: effect.id, outcome: 'conflict' } : { type: 'cas-result', id: effect.id, outcome: 'ok', config: result })),
        );
        return;
      case 'read-map':
        lease.read(this.name, (config) => this.run(() => {
          if (config !== undefined) this.#mapReadEpoch = effect.epoch;
          this.#step({ type: 'map-read', epoch: effect.epoch, ok: config !== undefined });
        }));
        return;
      case 'probe':
        wires.probe(this.name, effect.member, effect.incarnation, (dead) => {
          if (dead) this.run(() => this.#step({ type: 'proof-of-death', member: effect.member, incarnation: effect.incarnation }));
        });
        return;
      case 'commit':
        // A primary has executed what it logs; a replica executes what is committed.
        if (this.member.state.role !== 'primary') this.#applyTo(effect.seq);
        this.#commit = Math.max(this.#commit, effect.seq);
        this.#release(effect.leaseUntilMs);
        return;
      case 'apply':
        this.#applyTo(effect.toSeq);
        return;
      case 'serve':
        if (this.#mapReadEpoch !== effect.epoch) wires.broken(`${this.name} serves in epoch ${effect.epoch} without having read the ownership map`);
        this.#appliedSeq = this.member.state.applied;
        return;
      case 'stop-serving':
        for (const held of this.#held.splice(0)) held.answer({ kind: 'lost' });
        for (const again of this.#pausedWrites.splice(0)) again();
        return;
      case 'discard':
        this.#store.clear();
        this.#appliedSeq = 0;
        this.#commit = 0;
        return;
      case 'load-chunk': {
        const { changes, entries } = decode<Chunk>(effect.bytes);
        for (const entry of [...changes, ...entries]) this.#store.set(entry.key, entry);
        return;
      }
      case 'loaded':
        this.#appliedSeq = effect.position.seq;
        return;
      case 'start-snapshot':
        this.#snapshots.set(effect.to, { snapshot: effect.snapshot, passed: '', changes: [] });
        this.#nextChunk(effect.to, effect.snapshot);
        return;
      case 'next-chunk':
        this.#nextChunk(effect.to, effect.snapshot);
        return;
      case 'stop-snapshot':
        this.#snapshots.delete(effect.to);
        return;
      case 'config':
        return;
      case 'report':
        wires.report(this.name, effect.event);
        return;
      default:
        effect satisfies never;
    }
  }

  #nextChunk(to: string, snapshot: number): void {
    const { world } = this.#parts;
    world.at(world.nowMs() + 1, () =>
      this.run(() => {
        const running = this.#snapshots.get(to);
        if (running?.snapshot !== snapshot) return;
        const ahead = [...this.#store.values()].filter((entry) => entry.key > running.passed).toSorted((a, b) => (a.key < b.key ? -1 : 1));
        const entries = ahead.slice(0, chunkKeys);
        // A copy has no tombstones: what is not in it is not there.
        const chunk: Chunk = { changes: running.changes, entries: entries.filter((entry) => entry.value !== undefined) };
        running.changes = [];
        running.passed = entries.at(-1)?.key ?? running.passed;
        const last = entries.length === ahead.length;
        if (last) this.#snapshots.delete(to);
        this.#step({ type: 'snapshot-chunk-ready', to, snapshot, bytes: encode(chunk), last });
      }),
    );
  }

  /** What it holds, for the convergence check. */
  contents(): readonly string[] {
    return [...this.#store.values()].filter((entry) => entry.value !== undefined).map((entry) => `${entry.key}=${entry.value}`).toSorted();
  }
}
