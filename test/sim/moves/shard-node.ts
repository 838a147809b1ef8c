import { createBacklog } from '../../../node/replication/backlog.ts';
import type { MemberEffect, MemberEvent } from '../../../node/replication/effects.ts';
import { createMember, type Member } from '../../../node/replication/member.ts';
import { kept, type Envelope } from '../../../node/replication/messages.ts';
import { emptyLedger, overlaps, servingShards, type Ledger } from '../../../node/replication/moves/ledger.ts';
import { createMover, type MoverEvent } from '../../../node/replication/moves/mover.ts';
import type { MoveEnvelope } from '../../../node/replication/moves/messages.ts';
import type { MoveBugs } from '../../../node/replication/moves/planted-bugs.ts';
import type { MoverEffect, MoverOptions } from '../../../node/replication/moves/state.ts';
import { noBugs } from '../../../node/replication/planted-bugs.ts';
import { standardTiming } from '../../../node/replication/state.ts';
import type { OwnershipMap, Targets } from '../../../shared/kube/documents.ts';
import type { SlotRange } from '../../../shared/slots/ranges.ts';
import type { LeaseStore } from '../world/lease-store.ts';
import type { Rng } from '../world/rng.ts';
import type { Scheduler } from '../world/scheduler.ts';
import { slotOfKey } from './keys.ts';
import type { MapStore } from './map-store.ts';
import { SlotGates } from './slot-gates.ts';
import { decode, encode, SlotStore, type Op } from './slot-store.ts';
import type { Wires } from './wires.ts';

const mostRestMs = 40;

export interface Parts {
  readonly world: Scheduler;
  readonly rng: Rng;
  readonly lease: Pick<LeaseStore, 'read' | 'swap'>;
  readonly maps: Pick<MapStore, 'read' | 'write'>;
  readonly bugs: MoveBugs;
  readonly wires: Wires;
  readonly limits: MoverOptions['limits'];
  readonly tickMs?: number;
  /** Default 1. */
  readonly minInSync?: () => number;
  /** What the store was filled from before its start: the snapshot's id, and what was in it. */
  readonly held?: { readonly id: string; readonly ops: readonly Op[] };
  /** Writes are refused: a snapshot is being kept. */
  readonly isFrozen?: () => boolean;
  /** Copies that do not lead send clients on (MOVED). */
  readonly redirects?: true;
  /** It leads from now on. */
  readonly serving?: () => void;
  readonly emptied: (node: ShardNode) => void;
  /** Undefined: nobody can say. */
  readonly readTargets: (node: ShardNode, answer: (targets: Targets | undefined) => void) => void;
  /** A command runs: nobody else may serve its slot now. */
  readonly executes: (node: ShardNode, slot: number) => void;
  readonly note: (line: string) => void;
}

export type Command = { readonly kind: 'read' | 'write'; readonly key: string; readonly value?: string };
export type Answer =
  | { readonly kind: 'ok'; readonly value: string | undefined; readonly sequence: number }
  | { readonly kind: 'moved'; readonly shard: number }
  | { readonly kind: 'refused' }
  | { readonly kind: 'lost' };

interface Held {
  readonly seq: number;
  readonly needsLease: boolean;
  readonly answer: (answer: Answer) => void;
  readonly result: Answer;
}

const tickMs = 20;
const emptyAfterMs = 3_000;

/** One process of one shard: the production state machines of replication and of moves, over a map for a store. */
export class ShardNode {
  readonly name: string;
  readonly shard: number;
  readonly incarnation: string;
  readonly podUid: string;
  readonly member: Member;
  readonly mover;
  readonly store: SlotStore;
  alive = true;
  paused = false;
  map: OwnershipMap | undefined;
  targets: Targets | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #parts: Parts;
  readonly #backlog = createBacklog(256 * 1024);
  #applied: Ledger = emptyLedger;
  #emptied = false;
  #owners: Int16Array = new Int16Array(0);
  #held: Held[] = [];
  readonly #gates: SlotGates;
  #commit = 0;
  #appliedSeq = 0;
  #appendedSoon = false;
  #committedSoon = false;
  #leads = false;

  constructor(name: string, shard: number, incarnation: string, podUid: string, parts: Parts) {
    this.name = name;
    this.shard = shard;
    this.incarnation = incarnation;
    this.podUid = podUid;
    this.#parts = parts;
    this.store = new SlotStore(parts.bugs);
    const { rng, world, wires, tickMs: everyMs = tickMs } = parts;
    this.#gates = new SlotGates(world, (work) => this.run(work));
    const hex = (): string => Array.from({ length: 4 }, () => rng.u32().toString(16).padStart(8, '0')).join('');
    this.member = createMember(
      {
        self: name, incarnation, podUid, shard, timing: { ...standardTiming, emptyAfterMs }, get minInSync() { return parts.minInSync?.() ?? 1; }, backlog: this.#backlog, nonce: hex, jitter: () => rng.unit(), witnesses: () => wires.witnessesOf(shard),
        incarnationOf: wires.incarnationOf, shardMs: () => world.nowMs(), observeShardMs: () => undefined, bugs: noBugs, ...(parts.held === undefined ? {} : { holds: parts.held.id }),
      },
      world.nowMs(),
    );
    this.mover = createMover({
      shard, newId: () => hex().slice(0, 8), jitter: () => rng.unit(), bugs: parts.bugs,
      limits: parts.limits,
      store: {
        log: (ledger) => this.#log([{ op: 'ledger', ledger }]),
        bytesOfSlot: (slot) => this.store.keysIn(slot),
        isClean: (span) => this.store.keysOf(span).length === 0,
        drop: (span) => this.#drop(span),
        take: (bytes) => (bytes.length === 0 ? this.member.state.last.seq : this.#log(decode(bytes))),
        startCopy: (id, span) => this.store.startCopy(id, span),
        changesOf: this.store.changesOf,
        stopCopy: this.store.stopCopy,
      },
    });
    this.#apply(parts.held?.ops ?? []);
    const turn = (): void => {
      if (!this.alive) return;
      this.run(() => {
        this.#step({ type: 'tick' });
        if (this.#leads) this.moverStep({ type: 'tick' });
        this.#release();
      });
      world.at(world.nowMs() + everyMs, turn);
    };
    world.at(world.nowMs() + rng.unit() * everyMs, turn);
  }

  run(work: () => void): void {
    if (!this.alive) return;
    if (this.paused) this.#waiting.push(work);
    else work();
  }

  resume(): void {
    this.paused = false;
    for (const work of this.#waiting.splice(0)) this.run(work);
  }

  kill(): void {
    this.alive = false;
    for (const held of this.#held.splice(0)) held.answer({ kind: 'lost' });
  }

  receive = (envelope: Envelope): void => this.run(() => this.#step({ type: 'message', envelope }));
  receiveMove = (envelope: MoveEnvelope): void => this.run(() => this.moverStep({ type: 'message', envelope }));
  disconnected = (member: string): void => this.run(() => this.#step({ type: 'disconnected', member }));
  targetsChanged = (): void => this.run(() => this.#parts.readTargets(this, (targets) => {
    if (targets === undefined || targets.generation < (this.targets?.generation ?? -1)) return;
    this.targets = targets;
    this.moverStep({ type: 'targets', targets });
  }));
  /** Hands the shard over, to that copy or to any in sync; whether it did is seen later. */
  switchover(target: string | undefined): void {
    this.run(() => {
      if (this.#leads && !this.member.isPausing() && !this.#isFrozen) this.#step({ type: 'switchover', target });
    });
  }

  get #isFrozen(): boolean {
    return this.#parts.isFrozen?.() === true;
  }

  get takesWrites(): boolean {
    return this.#leads && !this.#isFrozen && this.member.isWritable();
  }

  /** H1: the Lease is to name this snapshot, or none. */
  seal = (snapshot: string | undefined): void => this.run(() => this.#step({ type: 'seal', snapshot }));

  /** Every write that was taken is committed. */
  get settled(): boolean {
    return this.#commit >= this.member.state.last.seq;
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** Leads under a lease, and the slot is its own. */
  serves(slot: number): boolean {
    return this.alive && this.#leads && this.#parts.world.nowMs() < this.member.leaseUntilMs() && this.#owners[slot] === this.shard;
  }

  slotsOwned(): number {
    return this.#owners.reduce((sum, owner) => sum + Number(owner === this.shard), 0);
  }

  get ledger(): Ledger {
    return this.#leads ? this.mover.shownLedger() : this.#applied;
  }

  takeMap(map: OwnershipMap): void {
    if (this.map !== undefined && map.version <= this.map.version) return;
    this.map = map;
    this.#refresh();
    this.moverStep({ type: 'map', map });
    this.#parts.wires.mapSeen(this, map);
  }

  #refresh(): void {
    this.#owners = servingShards(this.map, this.ledger, this.shard);
  }

  request(command: Command, answer: (answer: Answer) => void): void {
    this.run(() => {
      const slot = slotOfKey(command.key);
      if (!this.#leads && this.#parts.redirects === true && this.#owners[slot] >= 0) return answer({ kind: 'moved', shard: this.#owners[slot] });
      if (!this.#leads || this.#parts.world.nowMs() >= this.member.leaseUntilMs()) return answer({ kind: 'refused' });
      const isWrite = command.kind === 'write';
      if (this.#gates.isClosed(slot, isWrite) || (isWrite && this.member.isPausing())) return this.#gates.park(() => this.request(command, answer));
      if (this.#owners[slot] !== this.shard) return answer(this.#owners[slot] < 0 ? { kind: 'refused' } : { kind: 'moved', shard: this.#owners[slot] });
      if (isWrite && (this.#isFrozen || !this.member.isWritable())) return answer({ kind: 'refused' });
      this.#parts.executes(this, slot);
      let sequence = this.store.entries.get(command.key)?.sequence ?? 0;
      if (isWrite) {
        sequence = (this.store.sequences.get(slot) ?? 0) + 1;
        this.#log([{ op: 'set', key: command.key, value: command.value, sequence }]);
      }
      const value = this.store.entries.get(command.key)?.value;
      this.#held.push({ seq: this.member.state.last.seq, needsLease: command.kind === 'read', answer, result: { kind: 'ok', value, sequence } });
      return this.#release();
    });
  }

  #release(): void {
    const left: Held[] = [];
    const leased = this.#parts.world.nowMs() < this.member.leaseUntilMs();
    for (const held of this.#held) {
      if (held.seq > this.#commit) left.push(held);
      else held.answer((held.needsLease || this.member.writesNeedLease()) && !leased ? { kind: 'lost' } : held.result);
    }
    this.#held = left;
  }

  #log(ops: readonly Op[]): number {
    const seq = this.member.append(encode(ops));
    this.#appliedSeq = seq;
    for (const one of ops) this.store.apply(one);
    if (!this.#appendedSoon) {
      this.#appendedSoon = true;
      const { world } = this.#parts;
      world.at(world.nowMs(), () => this.run(() => {
        this.#appendedSoon = false;
        if (this.#leads) this.#step({ type: 'appended' });
      }));
    }
    return seq;
  }

  #drop(span: SlotRange): boolean {
    const [key] = this.store.keysOf(span);
    if (key !== undefined) this.#log([{ op: 'empty', slot: slotOfKey(key) }]);
    return this.store.keysOf(span).length === 0;
  }

  #apply(ops: readonly Op[]): void {
    for (const one of ops) {
      if (one.op === 'ledger') this.#applied = one.ledger;
      else this.store.apply(one);
    }
    this.#refresh();
  }

  #applyTo(seq: number): void {
    if (seq <= this.#appliedSeq) return;
    this.#backlog.each(this.#appliedSeq + 1, seq, (_epoch, _seq, bytes) => this.#apply(decode(bytes)));
    this.#appliedSeq = seq;
  }

  moverStep(event: MoverEvent): void {
    for (const effect of this.mover.step(event, this.#parts.world.nowMs())) this.#carryOutMove(effect);
  }

  #soon(work: () => void): void {
    const { world } = this.#parts;
    world.at(world.nowMs() + 0.1, () => this.run(work));
  }

  #carryOutMove(effect: MoverEffect): void {
    const { maps, wires, note } = this.#parts;
    switch (effect.type) {
      case 'send':
        return wires.sendMove(this.name, { fromShard: this.shard, toShard: effect.toShard, message: effect.message });
      case 'next-chunk':
        // As long as a process under load rests between two parts: meanwhile the copy may have begun again.
        return void this.#parts.world.at(this.#parts.world.nowMs() + 0.1 + this.#parts.rng.unit() * mostRestMs, () => this.run(() => {
          if (!this.mover.wants(effect)) return;
          const read = this.store.nextChunk(effect.id, effect.seal);
          if (read !== undefined) this.moverStep({ type: 'chunk-read', id: effect.id, session: effect.session, ...read });
        }));
      case 'read-map':
        return maps.read(this.name, (sight) => this.run(() => {
          if (sight === undefined) return this.moverStep({ type: 'map-failed', request: effect.request });
          this.takeMap(sight.map);
          return this.moverStep({ type: 'map-read', request: effect.request, ...sight });
        }));
      case 'write-map':
        return maps.write(this.name, effect.map, effect.resourceVersion, (result) => this.run(() => {
          if (result === 'ok') this.takeMap(effect.map);
          this.moverStep(result === 'ok' ? { type: 'map-written', request: effect.request, outcome: 'ok', map: effect.map } : { type: 'map-written', request: effect.request, outcome: result ?? 'unknown' });
        }));
      case 'pause':
        return this.#gates.close(effect.span, false);
      case 'park':
        return this.#gates.close(effect.span, true);
      case 'resume':
        return this.#gates.open(effect.span);
      case 'served':
        return this.#refresh();
      case 'report':
        return note(`${this.name} ${effect.what} ${effect.move.id} ${effect.move.from}-${effect.move.to} to ${effect.move.target}`);
      default:
        return effect satisfies never;
    }
  }

  #step(event: MemberEvent): void {
    for (const effect of this.member.step(event, this.#parts.world.nowMs())) this.#carryOut(effect);
    this.#release();
    if (this.#gates.hasParked && !this.member.isPausing() && event.type === 'tick') this.#gates.release();
  }

  #carryOut(effect: MemberEffect): void {
    const { lease, maps, wires, note } = this.#parts;
    switch (effect.type) {
      case 'send':
        return wires.send(kept({ shard: this.shard, epoch: effect.epoch, from: this.name, fromIncarnation: this.incarnation, to: effect.to, toIncarnation: effect.toIncarnation, message: effect.message }));
      case 'read-lease':
        return lease.read(this.name, (config) => this.run(() => this.#step(config === undefined ? { type: 'lease-failed', request: effect.request } : { type: 'lease-read', request: effect.request, config })));
      case 'cas':
        return lease.swap(this.name, effect.config, (result) => this.run(() => this.#step(result === undefined || result === 'conflict' ? { type: 'cas-result', id: effect.id, outcome: result ?? 'unknown' } : { type: 'cas-result', id: effect.id, outcome: 'ok', config: result })));
      case 'read-map':
        return maps.read(this.name, (sight) => this.run(() => {
          if (sight !== undefined) this.takeMap(sight.map);
          this.#step({ type: 'map-read', epoch: effect.epoch, ok: sight !== undefined });
        }));
      case 'probe':
        return wires.probe(this.name, effect.member, effect.incarnation, (dead) => {
          if (dead) this.run(() => this.#step({ type: 'proof-of-death', member: effect.member, incarnation: effect.incarnation }));
        });
      case 'commit':
        if (this.member.state.role !== 'primary') this.#applyTo(effect.seq);
        this.#commit = Math.max(this.#commit, effect.seq);
        this.#committed();
        return this.#release();
      case 'apply':
        return this.#applyTo(effect.toSeq);
      case 'serve':
        return this.#serve(effect.epoch);
      case 'stop-serving':
        return this.#stop();
      case 'discard':
        this.store.clear();
        this.#applied = emptyLedger;
        this.#emptied = false;
        this.#appliedSeq = 0;
        this.#commit = 0;
        return this.#refresh();
      case 'load-chunk':
        return this.#apply(decode(effect.bytes));
      case 'loaded':
        this.#appliedSeq = effect.position.seq;
        return undefined;
      case 'start-snapshot':
        return this.#sendSnapshot(effect.to, effect.snapshot);
      case 'next-chunk':
      case 'stop-snapshot':
      case 'config':
        return undefined;
      case 'report':
        if (effect.event.what === 'restarted-empty') {
          this.#emptied = true;
          this.#parts.emptied(this);
        }
        if (effect.event.what !== 'refused') note(`${this.name} ${JSON.stringify(effect.event)}`);
        return undefined;
      default:
        return effect satisfies never;
    }
  }

  #sendSnapshot(to: string, snapshot: number): void {
    this.#soon(() => {
      if (this.#leads) this.#step({ type: 'snapshot-chunk-ready', to, snapshot, bytes: encode(this.store.snapshot(this.mover.state.ledger)), last: true });
    });
  }

  #committed(): void {
    if (this.#committedSoon || !this.#leads) return;
    this.#committedSoon = true;
    this.#soon(() => {
      this.#committedSoon = false;
      if (this.#leads) this.moverStep({ type: 'committed', seq: this.#commit });
    });
  }

  #serve(epoch: number): void {
    this.#appliedSeq = this.member.state.applied;
    this.#commit = Math.max(this.#commit, this.member.state.commit);
    this.#leads = true;
    if (this.map !== undefined) this.moverStep({ type: 'map', map: this.map });
    this.moverStep({ type: 'lead', epoch, ledger: this.#applied, emptied: this.#emptied, seq: this.#commit });
    this.targetsChanged();
    this.#emptied = false;
    this.#refresh();
    this.#parts.wires.leads(this, epoch);
    this.#parts.serving?.();
  }

  #stop(): void {
    this.#leads = false;
    this.#applied = this.mover.state.ledger;
    this.moverStep({ type: 'stop' });
    this.store.stopAll();
    this.#gates.openAll();
    for (const held of this.#held.splice(0)) held.answer({ kind: 'lost' });
    this.#refresh();
  }

  isInvolved(span: SlotRange): boolean {
    return [...this.ledger.released, ...this.ledger.staged, ...this.ledger.dropping].some((one) => overlaps(one, span));
  }
}
