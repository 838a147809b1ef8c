import type { NodeStatus } from '../../shared/admin/contract.ts';
import type { TimerHandle } from '../../shared/ports/ports.ts';
import type { Copies } from '../commands/copies.ts';
import type { Command } from '../commands/registry.ts';
import type { Call } from '../commands/spec.ts';
import { createBacklog } from '../replication/backlog.ts';
import type { MemberEffect, MemberEvent, ReportedEvent } from '../replication/effects.ts';
import { createMember } from '../replication/member.ts';
import { noBugs } from '../replication/planted-bugs.ts';
import { createShardTime } from '../replication/shard-time.ts';
import { standardTiming } from '../replication/state.ts';
import { slotCount } from '../../shared/slots/crc16.ts';
import { Applier } from './applier.ts';
import type { Replicator, ReplicatorOptions } from './contract.ts';
import { createErrands } from './errands.ts';
import { handOver } from './hand-over.ts';
import { createPace, shortRests } from './pace.ts';
import { Recorder } from './recorder.ts';
import { createShortage } from './shortage.ts';
import { Snapshots } from './snapshots.ts';

const tickMs = 20;
/** What one turn of a client may leave for the end of the event loop's turn. */
const fullFlushBytes = 32 * 1024;
const mostBacklogBytes = 64 * 1024 * 1024;
const leastBacklogBytes = 1024 * 1024;
const backlogShare = 16;

/** The shell around the member's state machine: store, clients, bus, Lease, clocks. */
export function createReplicator(options: ReplicatorOptions): Replicator {
  const { ports, log, context, region, self } = options;
  const { store } = context;
  const { clock, timers } = ports;
  const now = (): number => clock.monotonicMs();
  const recordOf = (pod: string) => region.members.others.get(pod)?.record;
  const { links } = options;
  const time = createShardTime(context.ports.clock.wallMs(), now());
  const recorder = new Recorder(store);
  const snapshots = new Snapshots(store, recorder, now);
  const pace = createPace(ports, () => context.server.statistics.operationsPerSecond > 0, shortRests);
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
  let [stopped, shown] = [false, ''];

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
      nonce: () => Buffer.from(ports.random.bytes(16)).toString('hex'),
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

  const shortage = createShortage();
  const errands = createErrands(options, () => leads, (event) => step(event));

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
    shortage.see(leads && !member.isWritable(), now());
    freeUntilMs = !leads ? Infinity : copies.pausing || copies.congested ? -Infinity : leaseUntilMs;
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
        void errands.readLease(effect.request);
        return;
      case 'cas':
        void errands.swap(effect.id, effect.config);
        return;
      case 'read-map':
        void region.readMap().then((ok) => step({ type: 'map-read', epoch: effect.epoch, ok }));
        return;
      case 'probe':
        void errands.probe(effect.member, effect.incarnation);
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
    pace.inOwnTurn(snapshots.isBehind(to), () => {
      if (stopped) return;
      endUnit();
      const chunk = snapshots.next(to, snapshot, pace.bounds());
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
    if (held !== undefined) time.atLeast(held.shardMs, clock.wallMs(), now());
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
      return member.isPausing() || shortage.writesWait(now());
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
      timer = timers.every(tickMs, () => (errands.seeWhoLeft(member.state.config), step({ type: 'tick' })), { keepAlive: false });
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
    counts: () => !leads && member.state.config?.isr.includes(self.pod) === true,
    disconnected: (pod) => void (recordOf(pod)?.shard === self.shard && step({ type: 'disconnected', member: pod })),
    handOver: (target, withinMs) => handOver(options, { member, leads: () => leads, stopped: () => stopped, step }, target, withinMs),
    stop() {
      stopped = true;
      timers.cancel(timer);
    },
  };
}
