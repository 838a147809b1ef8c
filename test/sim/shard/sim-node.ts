import { createBacklog } from '../../../node/replication/backlog.ts';
import type { MemberEffect, MemberEvent, ReportedEvent } from '../../../node/replication/effects.ts';
import { createMember, type Member } from '../../../node/replication/member.ts';
import type { Envelope } from '../../../node/replication/messages.ts';
import type { PlantedBugs } from '../../../node/replication/planted-bugs.ts';
import { standardTiming } from '../../../node/replication/state.ts';
import type { LeaseStore } from '../world/lease-store.ts';
import type { Rng } from '../world/rng.ts';
import type { Scheduler } from '../world/scheduler.ts';
import { decodeOp, encodeOp, type KeyValueOp } from './key-value-op.ts';

/** How a simulated process reaches others; the world decides what arrives, and when. */
export interface Wires {
  send(envelope: Envelope): void;
  /** B2: true once `member` has been proved dead to `by`. */
  probe(by: string, member: string, incarnation: string, answer: (dead: boolean) => void): void;
  witnesses(): readonly string[];
  incarnationOf(member: string): string;
  report(node: string, event: ReportedEvent): void;
}

export type Answer = { readonly kind: 'value'; readonly value: string | undefined } | { readonly kind: 'refused'; readonly primary: string | undefined } | { readonly kind: 'lost' };

interface Held {
  readonly seq: number;
  readonly alone: boolean;
  readonly answer: (answer: Answer) => void;
  readonly result: Answer;
}

interface Stored {
  /** undefined: a tombstone. */
  readonly value: string | undefined;
  readonly seq: number;
}

const tickMs = 20;
const chunkKeys = 8;

/** One process: the production state machine with a small map for a store, and the shell around both. */
export class SimNode {
  readonly name: string;
  readonly incarnation: string;
  readonly podUid: string;
  readonly member: Member;
  alive = true;
  /** SIGSTOP: events wait until it goes on. */
  paused = false;
  readonly #waiting: (() => void)[] = [];
  readonly #store = new Map<string, Stored>();
  #held: Held[] = [];
  #commit = 0;
  #appendedThisTurn = false;
  readonly #snapshots = new Map<string, { readonly snapshot: number; readonly entries: [string, Stored][]; at: number }>();
  readonly #world: Scheduler;
  readonly #lease: LeaseStore;
  readonly #wires: Wires;
  readonly #bugs: PlantedBugs;
  readonly #clock: { readonly rate: number };
  readonly #backlog;

  constructor(name: string, incarnation: string, podUid: string, parts: { readonly world: Scheduler; readonly lease: LeaseStore; readonly wires: Wires; readonly rng: Rng; readonly bugs: PlantedBugs; readonly rate: number; readonly minInSync: number }) {
    this.name = name;
    this.incarnation = incarnation;
    this.podUid = podUid;
    this.#world = parts.world;
    this.#lease = parts.lease;
    this.#wires = parts.wires;
    this.#bugs = parts.bugs;
    this.#clock = { rate: parts.rate };
    this.#backlog = createBacklog(8_192);
    const hex = (): string => Array.from({ length: 8 }, () => parts.rng.u32().toString(16).padStart(8, '0')).join('').slice(0, 32);
    this.member = createMember(
      { self: name, incarnation, podUid, shard: 0, timing: { ...standardTiming, emptyAfterMs: 3_000 }, minInSync: parts.minInSync, backlog: this.#backlog, nonce: hex, jitter: () => parts.rng.unit(), witnesses: () => parts.wires.witnesses(), incarnationOf: (member) => parts.wires.incarnationOf(member), bugs: parts.bugs },
      this.#now(),
    );
    const turn = (): void => {
      if (!this.alive) return;
      this.run(() => this.#step({ type: 'tick' }));
      this.#world.at(this.#world.nowMs() + tickMs / this.#clock.rate, turn);
    };
    this.#world.at(this.#world.nowMs() + parts.rng.unit() * tickMs, turn);
  }

  #now(): number {
    return this.#world.nowMs() * this.#clock.rate;
  }

  /** Runs now, or when the process goes on after a pause; never after its death. */
  run(work: () => void): void {
    if (!this.alive) return;
    if (this.paused) this.#waiting.push(work);
    else work();
  }

  resume(): void {
    this.paused = false;
    for (const work of this.#waiting.splice(0)) this.run(work);
  }

  receive(envelope: Envelope): void {
    this.run(() => this.#step({ type: 'message', envelope }));
  }

  kill(): void {
    this.alive = false;
    for (const held of this.#held.splice(0)) held.answer({ kind: 'lost' });
  }

  switchover(): void {
    this.run(() => this.#step({ type: 'switchover', target: undefined }));
  }

  /** Serves one command as the server's turn does: execute, log, hold the reply until it may go. */
  request(op: KeyValueOp, answer: (answer: Answer) => void): void {
    this.run(() => {
      const { state } = this.member;
      if (!state.serving || this.#now() >= this.member.leaseUntilMs()) {
        answer({ kind: 'refused', primary: state.config?.primary });
        return;
      }
      if (op.kind === 'read') {
        const stored = this.#store.get(op.key);
        const result: Answer = { kind: 'value', value: stored?.value };
        const seq = this.#bugs.replyUncommittedRead ? 0 : (stored?.seq ?? 0);
        this.#hold({ seq, alone: true, answer, result });
      } else {
        if (!this.member.isWritable()) {
          answer({ kind: 'refused', primary: undefined });
          return;
        }
        const seq = this.member.append(encodeOp(op));
        this.#appliedSeq = seq;
        this.#store.set(op.key, { value: op.kind === 'write' ? op.value : undefined, seq });
        this.#hold({ seq, alone: false, answer, result: { kind: 'value', value: undefined } });
        this.#endOfTurn();
      }
      this.#release();
    });
  }

  #hold(held: Held): void {
    this.#held.push(held);
  }

  /** Units of one event-loop turn travel together. */
  #endOfTurn(): void {
    if (this.#appendedThisTurn) return;
    this.#appendedThisTurn = true;
    this.#world.at(this.#world.nowMs(), () =>
      this.run(() => {
        this.#appendedThisTurn = false;
        this.#step({ type: 'appended' });
      }),
    );
  }

  #release(): void {
    const waiting: Held[] = [];
    for (const held of this.#held) {
      if (held.seq > this.#commit) {
        waiting.push(held);
        continue;
      }
      // P2: reads, and everything while alone in the ISR, only under the lease; writes with copies are fenced by their acknowledgements.
      const needsLease = held.alone || (this.member.state.config?.isr.length ?? 0) < 2;
      if (needsLease && this.#now() >= this.member.leaseUntilMs()) held.answer({ kind: 'lost' });
      else held.answer(held.result);
    }
    this.#held = waiting;
  }

  #step(event: MemberEvent): void {
    for (const effect of this.member.step(event, this.#now())) this.#carryOut(effect);
    this.#release();
  }

  #applyTo(seq: number): void {
    const from = this.#appliedSeq + 1;
    if (seq < from) return;
    this.#backlog.each(from, seq, (_epoch, unitSeq, bytes) => {
      const op = decodeOp(bytes);
      this.#store.set(op.key, { value: op.kind === 'write' ? op.value : undefined, seq: unitSeq });
    });
    this.#appliedSeq = seq;
  }

  #appliedSeq = 0;

  #carryOut(effect: MemberEffect): void {
    switch (effect.type) {
      case 'send':
        this.#wires.send({ shard: 0, epoch: effect.epoch, from: this.name, fromIncarnation: this.incarnation, to: effect.to, toIncarnation: effect.toIncarnation, message: effect.message });
        return;
      case 'read-lease':
        this.#lease.read(this.name, (config) => this.run(() => this.#step(config === undefined ? { type: 'lease-failed', request: effect.request } : { type: 'lease-read', request: effect.request, config })));
        return;
      case 'cas':
        this.#lease.swap(this.name, effect.config, (result) =>
          this.run(() => this.#step(result === undefined ? { type: 'cas-result', id: effect.id, outcome: 'unknown' } : result === 'conflict' ? { type: 'cas-result', id: effect.id, outcome: 'conflict' } : { type: 'cas-result', id: effect.id, outcome: 'ok', config: result })),
        );
        return;
      case 'read-map':
        this.#lease.read(this.name, (config) => this.run(() => this.#step({ type: 'map-read', epoch: effect.epoch, ok: config !== undefined })));
        return;
      case 'probe':
        this.#wires.probe(this.name, effect.member, effect.incarnation, (dead) => {
          if (dead) this.run(() => this.#step({ type: 'proof-of-death', member: effect.member, incarnation: effect.incarnation }));
        });
        return;
      case 'commit':
        // A primary has executed what it logs; a replica executes what is committed.
        if (this.member.state.role !== 'primary') this.#applyTo(effect.seq);
        this.#commit = Math.max(this.#commit, effect.seq);
        return;
      case 'apply':
        this.#applyTo(effect.toSeq);
        return;
      case 'serve':
        this.#appliedSeq = Math.max(this.#appliedSeq, this.member.state.applied);
        return;
      case 'stop-serving':
        for (const held of this.#held.splice(0)) held.answer({ kind: 'lost' });
        return;
      case 'discard':
        this.#store.clear();
        this.#appliedSeq = 0;
        this.#commit = 0;
        return;
      case 'load-chunk':
        for (const [key, stored] of JSON.parse(new TextDecoder().decode(effect.bytes)) as [string, { value?: string; seq: number }][]) this.#store.set(key, { value: stored.value, seq: stored.seq });
        return;
      case 'loaded':
        this.#appliedSeq = effect.position.seq;
        this.#commit = effect.position.seq;
        return;
      case 'start-snapshot':
        this.#snapshots.set(effect.to, { snapshot: effect.snapshot, entries: [...this.#store], at: 0 });
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
        this.#wires.report(this.name, effect.event);
        return;
      default:
        effect satisfies never;
    }
  }

  #nextChunk(to: string, snapshot: number): void {
    this.#world.at(this.#world.nowMs() + 1, () =>
      this.run(() => {
        const running = this.#snapshots.get(to);
        if (running?.snapshot !== snapshot) return;
        const chunk = running.entries.slice(running.at, running.at + chunkKeys);
        running.at += chunkKeys;
        const last = running.at >= running.entries.length;
        if (last) this.#snapshots.delete(to);
        this.#step({ type: 'snapshot-chunk-ready', to, snapshot, bytes: new TextEncoder().encode(JSON.stringify(chunk)), last });
      }),
    );
  }

  /** What it holds, for the convergence check. */
  contents(): ReadonlyMap<string, string> {
    return new Map([...this.#store].filter(([, stored]) => stored.value !== undefined).map(([key, stored]) => [key, stored.value as string]));
  }
}
