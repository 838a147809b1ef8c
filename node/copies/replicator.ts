import type { NodeStatus } from '../../shared/admin/contract.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import type { Bus } from '../bus/bus.ts';
import type { Copies } from '../commands/copies.ts';
import type { NodeContext } from '../commands/node-context.ts';
import type { Command } from '../commands/registry.ts';
import type { Call } from '../commands/spec.ts';
import type { KubeLeasePort } from '../lease/port.ts';
import { createBacklog } from '../replication/backlog.ts';
import type { ShardConfig } from '../replication/config.ts';
import type { MemberEffect, MemberEvent, ReportedEvent } from '../replication/effects.ts';
import type { Envelope } from '../replication/messages.ts';
import { createMember } from '../replication/member.ts';
import { noBugs } from '../replication/planted-bugs.ts';
import { createShardTime } from '../replication/shard-time.ts';
import { standardTiming } from '../replication/state.ts';
import type { Region } from '../topology/region.ts';
import { slotCount } from '../../shared/slots/crc16.ts';
import { Applier } from './applier.ts';
import type { createLinks } from './links.ts';
import { provedDead } from './proof-of-death.ts';
import { Recorder } from './recorder.ts';
import { Snapshots } from './snapshots.ts';
import type { Identity } from './witness-desk.ts';

export interface ReplicatorOptions {
  readonly ports: Ports;
  readonly log: Logger;
  readonly context: NodeContext;
  readonly bus: Bus;
  readonly links: ReturnType<typeof createLinks>;
  readonly region: Region;
  readonly lease: KubeLeasePort;
  readonly self: Identity;
  /** This node leads under this Lease already, as the only copy there was by specification: it goes on. */
  readonly resume: ShardConfig | undefined;
  readonly settings: () => { readonly memoryBytes: number; readonly minInSync: number; readonly fastFailover: boolean; readonly emptyShardAfterMs: number; readonly acknowledge: 'insync' | 'primary' };
  /** What the store was filled from at this start. */
  readonly held: () => { readonly id: string; readonly shardMs: number } | undefined;
  /** Moves of slots (B9). */
  readonly moves: MoveHooks;
  /** This copy cannot be kept: the process must begin anew, with nothing (P15). */
  readonly onBroken: (error: unknown) => void;
}

/** What moves are told by the shard's log. */
export interface MoveHooks {
  /** A ledger that was logged elsewhere; empty text: all data was discarded. */
  ledger(text: string): void;
  /** Operations that a full copy begins with. */
  head(): Uint8Array;
  /** This node leads from now on; the next command may run right after this. `emptied`: with nothing. */
  leads(epoch: number, emptied: boolean, seq: number): void;
  stops(): void;
  committed(seq: number): void;
}

export interface Replicator {
  /** Moves write into the shard's log by these: operations into the recorder, then the end of the unit, which gives its seq. */
  readonly stream: { readonly recorder: Recorder; readonly applier: Applier; end(): number };
  readonly copies: Copies;
  /** The last time that this node took the shard over. */
  readonly takeover: NodeStatus['takeover'];
  start(): void;
  /** About this node's own shard. */
  receive(envelope: Envelope): void;
  /** A connection to this pod has gone. */
  disconnected(pod: string): void;
  /** The Lease is to name this snapshot, or none (H1). */
  seal(snapshot: string | undefined): void;
  /** Snapshot that it names, or may name. */
  readonly sealed: string | undefined;
  /** Everything that was written is committed. */
  readonly settled: boolean;
  /** Hands over, if another copy is in sync; resolves when this node leads no more, or after `withinMs`. */
  handOver(target: string | undefined, withinMs: number): Promise<boolean>;
  stop(): void;
}

const tickMs = 20;
/** What one turn of a client may leave for the end of the event loop's turn. */
const fullFlushBytes = 32 * 1024;
const mostBacklogBytes = 64 * 1024 * 1024;
const leastBacklogBytes = 1024 * 1024;
const backlogShare = 16;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The shell around the member's state machine: store, clients, bus, Lease, clocks. */
export function createReplicator(options: ReplicatorOptions): Replicator {
  const { ports, log, context, bus, region, lease, self } = options;
  const { store } = context;
  const { clock, timers } = ports;
  const now = (): number => clock.monotonicMs();
  const recordOf = (pod: string) => region.members.others.get(pod)?.record;
  const { links } = options;
  const time = createShardTime(context.ports.clock.wallMs(), now());
  const recorder = new Recorder(store);
  const snapshots = new Snapshots(store, recorder);
  const applier = new Applier(context, (text) => options.moves.ledger(text));
  let emptied = options.resume !== undefined;
  const slotHead = new Float64Array(slotCount);
  let floorHead = 0;
  let committedSeq = 0;
  let appliedSeq = 0;
  let leads = false;
  let takeover: NodeStatus['takeover'];
  let leaseUntilMs = -Infinity;
  let freeUntilMs = Infinity;
  let acknowledgesAlone = false;
  /** Bytes of units written down, committed, and where each turn ended. */
  let writtenBytes = 0;
  let committedBytes = 0;
  let flushedBytes = 0;
  const marks: { readonly seq: number; readonly bytes: number }[] = [];
  let flushScheduled = false;
  let timer: TimerHandle | undefined;
  let stopped = false;
  let shown = '';
  const sameShard = (pod: string): boolean => recordOf(pod)?.shard === self.shard;

  const backlogBytes = Math.max(leastBacklogBytes, Math.min(mostBacklogBytes, Math.floor(options.settings().memoryBytes / backlogShare)));
  const backlog = createBacklog(backlogBytes);
  const mostUnacknowledged = backlogBytes / 4;
  const shardMs = (): number => (member.state.role === 'primary' ? time.read(clock.wallMs(), now()) : time.receivedMs);
  const member = createMember(
    {
      self: self.pod,
      incarnation: self.incarnation,
      podUid: self.podUid,
      shard: self.shard,
      timing: { ...standardTiming, emptyAfterMs: options.settings().emptyShardAfterMs },
      get minInSync() {
        return options.settings().minInSync;
      },
      backlog,
      nonce: () => hex(ports.random.bytes(16)),
      jitter: () => ports.random.unit(),
      witnesses: () => Array.from(region.members.others.values(), ({ record }) => record).filter((record) => record.state === 'alive' && record.shard !== self.shard).map((record) => record.pod).toSorted(),
      incarnationOf: (pod) => recordOf(pod)?.incarnation ?? '',
      shardMs: () => shardMs(),
      observeShardMs: (ms, epoch) => {
        if (Number.isFinite(ms)) time.observe(ms, now(), epoch);
      },
      bugs: noBugs,
      get holds() {
        return options.held()?.id;
      },
    },
    now(),
    options.resume,
  );

  function step(event: MemberEvent): void {
    if (stopped) return;
    const effects = member.step(event, now());
    leaseUntilMs = member.leaseUntilMs();
    for (const effect of effects) carryOut(effect);
    showRole();
    seeWhatIsFree();
    copies.onProgress();
  }

  /** What commands ask for again and again changes with steps only. */
  function seeWhatIsFree(): void {
    acknowledgesAlone = options.settings().acknowledge === 'primary';
    freeUntilMs = !leads ? Infinity : member.isPausing() || copies.congested ? -Infinity : leaseUntilMs;
  }

  const applyUnit = (seq: number, bytes: Buffer, start: number, end: number): void => {
    applier.apply(bytes, start, end);
    appliedSeq = seq;
  };

  function applyTo(seq: number): void {
    if (seq <= appliedSeq) return;
    applier.nowMs = Math.max(0, time.receivedMs);
    try {
      backlog.eachPlace(appliedSeq + 1, seq, applyUnit);
    } catch (error) {
      stopped = true;
      options.onBroken(error);
    }
  }

  function carryOut(effect: MemberEffect): void {
    switch (effect.type) {
      case 'send':
        links.send({ shard: self.shard, epoch: effect.epoch, from: self.pod, fromIncarnation: self.incarnation, to: effect.to, toIncarnation: effect.toIncarnation, message: effect.message });
        return;
      case 'read-lease':
        void readLease(effect.request);
        return;
      case 'cas':
        void swap(effect.id, effect.config);
        return;
      case 'read-map':
        void region.readMap().then((ok) => step({ type: 'map-read', epoch: effect.epoch, ok }));
        return;
      case 'probe':
        void probe(effect.member, effect.incarnation);
        return;
      case 'commit':
        if (member.state.role !== 'primary') applyTo(effect.seq);
        committedSeq = Math.max(committedSeq, effect.seq);
        countCommitted();
        options.moves.committed(committedSeq);
        // Before whatever follows in this step, and under the lease of then: a resignation must not swallow replies that may go.
        leaseUntilMs = effect.leaseUntilMs;
        copies.onProgress();
        leaseUntilMs = member.leaseUntilMs();
        return;
      case 'apply':
        applyTo(effect.toSeq);
        return;
      case 'serve':
        serve(effect.epoch);
        return;
      case 'stop-serving':
        stopServing(effect.reason);
        return;
      case 'discard':
        store.feed = undefined;
        store.flush();
        options.moves.ledger('');
        emptied = false;
        appliedSeq = 0;
        committedSeq = 0;
        return;
      case 'load-chunk':
        load(effect.bytes);
        return;
      case 'loaded':
        appliedSeq = effect.position.seq;
        return;
      case 'start-snapshot':
        snapshots.start(effect.to, effect.snapshot, options.moves.head());
        sendChunk(effect.to, effect.snapshot);
        return;
      case 'next-chunk':
        sendChunk(effect.to, effect.snapshot);
        return;
      case 'stop-snapshot':
        snapshots.stop(effect.to, effect.snapshot);
        return;
      case 'config':
        region.noteLease(effect.config);
        return;
      case 'report':
        report(effect.event);
        return;
      default:
        effect satisfies never;
    }
  }

  function load(bytes: Uint8Array): void {
    try {
      follow();
      applier.nowMs = Math.max(0, time.receivedMs);
      applier.apply(bytes);
    } catch (error) {
      stopped = true;
      options.onBroken(error);
    }
  }

  /** In a turn of its own: a large copy must not hold clients up. */
  function sendChunk(to: string, snapshot: number): void {
    timers.soon(() => {
      if (stopped) return;
      endUnit();
      const chunk = snapshots.next(to, snapshot);
      if (chunk !== undefined) step({ type: 'snapshot-chunk-ready', to, snapshot, ...chunk });
    });
  }

  /** A copy neither evicts nor deletes what is expired (P15, P16), and tells nobody of what it applies. */
  function follow(): void {
    store.feed = undefined;
    store.replica = true;
    store.limitBytes = 0;
  }

  function serve(epoch: number): void {
    const held = options.held();
    if (held !== undefined) time.observe(held.shardMs, now(), epoch);
    appliedSeq = member.state.applied;
    committedSeq = Math.max(committedSeq, member.state.commit);
    recorder.clear();
    slotHead.fill(0);
    floorHead = 0;
    store.replica = false;
    store.limitBytes = options.settings().memoryBytes;
    store.epochId = epoch & 0xffff;
    store.feed = recorder;
    writtenBytes = 0;
    committedBytes = 0;
    flushedBytes = 0;
    marks.length = 0;
    leads = true;
    options.moves.leads(epoch, emptied, committedSeq);
    emptied = false;
    if (member.state.config !== undefined) region.serve(member.state.config);
  }

  function stopServing(reason: string): void {
    leads = false;
    options.moves.stops();
    shown = '';
    snapshots.stopAll();
    recorder.clear();
    follow();
    copies.onStop();
    region.follow(member.state.config, 'waiting', reason);
  }

  async function readLease(request: number): Promise<void> {
    try {
      const sight = await lease.read();
      if (sight.kind === 'nonsense') {
        log.warn('the Lease of the shard makes no sense', { reason: sight.reason });
        if (!leads) region.follow(undefined, 'waiting', `the Lease makes no sense: ${sight.reason}`);
        return step({ type: 'lease-nonsense', request, resourceVersion: sight.resourceVersion, leaseUid: sight.leaseUid });
      }
      return step({ type: 'lease-read', request, config: sight.kind === 'config' ? sight.config : undefined });
    } catch (error) {
      log.warn('the Lease of the shard could not be read', { error: error instanceof Error ? error.message : String(error) });
      return step({ type: 'lease-failed', request });
    }
  }

  async function swap(id: number, config: ShardConfig): Promise<void> {
    const result = await lease.write(config);
    step(result.outcome === 'ok' ? { type: 'cas-result', id, outcome: 'ok', config: result.config } : { type: 'cas-result', id, outcome: result.outcome });
  }

  async function probe(pod: string, incarnation: string): Promise<void> {
    const record = recordOf(pod);
    if (!options.settings().fastFailover || record === undefined || record.incarnation !== incarnation) return;
    const others = Array.from(region.members.others.values(), (other) => other.record).filter((other) => other.pod !== pod && other.state === 'alive');
    if (await provedDead(timers, bus, record, others)) step({ type: 'proof-of-death', member: pod, incarnation });
  }

  function report(event: ReportedEvent): void {
    if (event.what === 'restarted-empty') emptied = true;
    if (event.what === 'promoted') takeover = { epoch: event.epoch, cause: event.cause, outageMs: Math.round(now() - member.state.quietSinceMs) };
    if (event.what !== 'refused') log.info('replication', { ...event });
  }

  /** What the others are told of this node, and why it is not ready. */
  function showRole(): void {
    const { role, config, receiving } = member.state;
    if (leads || config === undefined) return;
    const copy = role === 'replica' || role === 'candidate';
    const line = `${role} ${config.epoch} ${config.revision} ${receiving !== undefined}`;
    if (line === shown) return;
    shown = line;
    if (copy) follow();
    region.follow(config, copy ? 'replica' : role === 'outsider' ? 'syncing' : 'waiting', copy ? 'this node is a replica in sync' : receiving === undefined ? 'this node is not in sync yet' : 'this node receives a copy of the shard');
  }

  function countCommitted(): void {
    let done = 0;
    while (done < marks.length && marks[done].seq <= committedSeq) committedBytes = marks[done++].bytes;
    if (done > 0) marks.splice(0, done);
  }

  function endUnit(): number {
    if (!recorder.hasUnit) return appliedSeq;
    recorder.settle();
    const { ops, opCount, unit } = recorder;
    if (opCount === 0 || !leads) {
      recorder.clear();
      return appliedSeq;
    }
    const seq = member.append(unit.bytes, 0, unit.position);
    appliedSeq = seq;
    for (let i = 0; i < opCount; i++) {
      if (ops[i].slot < 0) floorHead = seq;
      else slotHead[ops[i].slot] = seq;
    }
    writtenBytes += unit.position;
    if (copies.congested) freeUntilMs = -Infinity;
    if (snapshots.count > 0) snapshots.unitWritten();
    recorder.clear();
    if (flushScheduled) return seq;
    flushScheduled = true;
    timers.soon(flushSoon);
    return seq;
  }

  const flushSoon = (): void => {
    flushScheduled = false;
    flush();
  };

  function flush(): void {
    if (!leads || flushedBytes === writtenBytes) return;
    flushedBytes = writtenBytes;
    marks.push({ seq: member.state.last.seq, bytes: writtenBytes });
    step({ type: 'appended' });
  }

  const copies: Copies = {
    get leads() {
      return leads;
    },
    get dirty() {
      return recorder.dirty;
    },
    ran: (command: Command, call: Call) => recorder.ran(command, call),
    endUnit: () => void endUnit(),
    endTurn() {
      if (writtenBytes - flushedBytes >= fullFlushBytes) flush();
    },
    get acknowledgesAlone() {
      return acknowledgesAlone;
    },
    headOf: (slot) => (slot < 0 ? member.state.last.seq : Math.max(slotHead[slot], floorHead)),
    get committedSeq() {
      return committedSeq;
    },
    leaseUntilMs: () => leaseUntilMs,
    get freeUntilMs() {
      return freeUntilMs;
    },
    get writesNeedLease() {
      return member.writesNeedLease();
    },
    get writable() {
      return member.isWritable();
    },
    get pausing() {
      return member.isPausing();
    },
    get congested() {
      return writtenBytes - committedBytes > mostUnacknowledged;
    },
    get readable() {
      return member.isReadable();
    },
    shardMs: () => Math.max(0, shardMs()),
    get inSyncReplicas() {
      return Math.max(0, (member.state.config?.isr.length ?? 1) - 1);
    },
    get lagMs() {
      return leads ? 0 : Math.max(0, Math.round(now() - member.state.quietSinceMs));
    },
    offsetOf: (pod) => (pod === undefined || pod === self.pod ? member.state.last.seq : (member.state.peers.get(pod)?.acked.seq ?? 0)),
    onProgress: () => undefined,
    onStop: () => undefined,
  };

  return {
    copies,
    stream: { recorder, applier, end: endUnit },
    get takeover() {
      return takeover;
    },
    start() {
      if (options.resume === undefined) follow();
      else serve(options.resume.epoch);
      timer = timers.every(tickMs, () => step({ type: 'tick' }), { keepAlive: false });
      step({ type: 'tick' });
    },
    receive: (envelope) => step({ type: 'message', envelope }),
    seal: (snapshot) => step({ type: 'seal', snapshot }),
    get sealed() {
      return member.sealed();
    },
    get settled() {
      endUnit();
      return committedSeq >= member.state.last.seq;
    },
    disconnected(pod) {
      if (sameShard(pod)) step({ type: 'disconnected', member: pod });
    },
    async handOver(target, withinMs) {
      if (!leads || member.sealed() !== undefined) return false;
      const untilMs = now() + withinMs;
      while (!stopped && now() < untilMs && (leads || member.state.config?.primary === self.pod)) {
        // Again where a copy did not keep up, or is not in sync yet.
        if (leads && !member.isPausing()) step({ type: 'switchover', target });
        if (leads && !member.isPausing() && !Array.from(region.members.others.values()).some(({ record }) => record.shard === self.shard && record.state === 'alive')) return false;
        await new Promise<void>((resolve) => timers.after(5, resolve));
      }
      return !leads;
    },
    stop() {
      stopped = true;
      timers.cancel(timer);
    },
  };
}
