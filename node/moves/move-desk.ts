import type { NodeStatus } from '../../shared/admin/contract.ts';
import type { PeerIdentity } from '../../shared/bus/identity.ts';
import type { Targets } from '../../shared/kube/documents.ts';
import { slotCount } from '../../shared/slots/crc16.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import type { Bus } from '../bus/bus.ts';
import { createJoiner } from '../bus/parts.ts';
import type { MoveHooks, Replicator } from '../copies/contract.ts';
import { createPace, largeChunk, longRests } from '../copies/pace.ts';
import type { Store } from '../engine/store.ts';
import { emptyLedger, parseLedger, type Ledger } from '../replication/moves/ledger.ts';
import { nextBatch } from '../replication/moves/map-change.ts';
import { createMover, type MoverEvent } from '../replication/moves/mover.ts';
import { noMoveBugs } from '../replication/moves/planted-bugs.ts';
import { standardLimits, type MoverEffect } from '../replication/moves/state.ts';
import { decodeMove } from '../replication/moves/wire.ts';
import type { ServerNodeContext } from '../server/create-node-context.ts';
import type { Region } from '../topology/region.ts';
import { ChunkPool } from './chunk-pool.ts';
import { chunkBufferBytes, CopyOut } from './copy-out.ts';
import { createInbox } from './inbox.ts';
import type { KubeMap } from './kube-map.ts';
import { reportMoves } from './report.ts';
import { createShardLinks } from './shard-links.ts';
import { dropSlice, isClean, ledgerBytes, logLedger, takeChunk } from './take-in.ts';

const tickMs = 20;
/** While nothing moves: is there anything to do? */
const lookMs = 200;
/** Commands at the target wait at most so long for the release; then their clients are sent back. */
const mostParkMs = 1_000;
/** The mover gives a pause up long before: this is for one that it cannot end. */
const mostPauseMs = 2_000;
const retryTargetsMs = 2_000;

/**
 * Chunks on their way out, and those that wait to be taken, each: a part of the data limit, that the buffers of a move never take what the container has not. Measured beside
 * it, see `heldBytes`.
 */
const memoryShare = 32;
const leastBufferBytes = 1024 * 1024;
const mostBufferBytes = 16 * 1024 * 1024;
const moveBufferBytes = (memoryBytes: number): number => Math.max(leastBufferBytes, Math.min(mostBufferBytes, Math.floor(memoryBytes / memoryShare)));

export interface MoveDeskOptions {
  readonly ports: Ports;
  readonly log: Logger;
  readonly shard: number;
  readonly store: Store;
  readonly context: ServerNodeContext;
  readonly bus: Bus;
  readonly region: () => Region;
  readonly kube: KubeMap;
  /** The data limit, bytes. */
  readonly memoryBytes: () => number;
  /** Moves need a log: a shard of one copy by specification gets one with its first move. */
  readonly beginLog: () => void;
}

/** What a node has to do with moves of slots: the shell around the mover's state machine. */
export interface MoveDesk {
  readonly hooks: MoveHooks;
  /** Undefined: this node takes part in no log, so it knows of no release. */
  ledger(): Ledger | undefined;
  attach(stream: Replicator['stream']): void;
  /** The region has another map. */
  mapChanged(): void;
  /** Throws MoveWireError. */
  receive(payload: Uint8Array, from: PeerIdentity): void;
  /** Bytes of chunks in buffers. */
  heldBytes(): number;
  /** Reads the targets again; their generation, where there are any. */
  targetsChanged(): Promise<number | undefined>;
  status(): Pick<NodeStatus, 'moves' | 'targetsGeneration'>;
  start(): void;
  stop(): void;
}

export function createMoveDesk(options: MoveDeskOptions): MoveDesk {
  const { ports, log, shard, store, context } = options;
  const { timers, clock } = ports;
  const region = (): Region => options.region();
  const gate = context.internals.slotGate;
  const bufferBytes = (): number => moveBufferBytes(options.memoryBytes());
  const pool = new ChunkPool(chunkBufferBytes, () => bufferBytes() / 2);
  const copies = new CopyOut(store, () => clock.monotonicMs(), pool);
  const hasClients = (): boolean => context.server.statistics.operationsPerSecond > 0;
  const pace = createPace(ports, hasClients, longRests);
  let stream: Replicator['stream'] | undefined;
  /** As this node's log has it, while it does not lead. */
  let applied: Ledger = emptyLedger;
  let targets: Targets | undefined;
  /** Lease epoch under which the targets were read last. */
  let readUnder = -1;
  let readAgainAtMs = -Infinity;
  let committedSeq = 0;
  let committedSoon = false;
  let looking: TimerHandle | undefined;
  let ticking: TimerHandle | undefined;
  const join = createJoiner();
  let stopped = false;

  const required = (): Replicator['stream'] => {
    if (stream === undefined) throw new Error('moves have no log');
    return stream;
  };
  const mover = createMover({
    shard,
    newId: () => Buffer.from(ports.random.bytes(9)).toString('base64url'),
    jitter: () => ports.random.unit(),
    limits: {
      ...standardLimits,
      get mostUnderWayBytes() {
        return bufferBytes();
      },
    },
    bugs: noMoveBugs,
    store: {
      log: (ledger) => logLedger(required(), ledger),
      bytesOfSlot: (slot) => store.slotUnits[slot] * 8,
      isClean: (span) => isClean(store, span),
      drop: (span) => dropSlice(store, required(), span, hasClients() ? 'gentle' : 'large'),
      take: (bytes) => takeChunk(store, required(), bytes),
      startCopy: (id, span) => copies.start(id, span),
      changesOf: (id) => copies.changes(id),
      stopCopy: (id) => copies.stop(id),
      recycle: (bytes) => copies.recycle(bytes),
    },
  });
  const send = createShardLinks(options.bus, (other) => {
    const pod = region().view.primaryOf(other)?.pod;
    return pod === undefined ? undefined : region().members.others.get(pod)?.record;
  }, bufferBytes);
  const inbox = createInbox({ pace, pool, mostBytes: bufferBytes, take: (envelope) => step({ type: 'message', envelope }), cancel: (timer) => timers.cancel(timer) });

  function step(event: MoverEvent): void {
    if (stopped) return;
    for (const effect of mover.step(event, clock.monotonicMs())) carryOut(effect);
    if (ticking === undefined && isBusy()) ticking = timers.every(tickMs, tick, { keepAlive: false });
  }

  /** Something moves from here, to here, or is being deleted. */
  function isBusy(): boolean {
    const { leading, outgoing, ledger, cas } = mover.state;
    return leading && (outgoing.size > 0 || cas !== undefined || ledger.released.length + ledger.staged.length + ledger.dropping.length > 0);
  }

  function carryOut(effect: MoverEffect): void {
    switch (effect.type) {
      case 'send':
        return send({ fromShard: shard, toShard: effect.toShard, message: effect.message });
      case 'next-chunk':
        pace.inOwnTurn(effect.seal, () => {
          if (!mover.wants(effect)) return;
          const read = copies.next(effect.id, effect.seal, effect.seal ? largeChunk : pace.bounds());
          if (read !== undefined) step({ type: 'chunk-read', id: effect.id, session: effect.session, ...read });
        });
        return undefined;
      case 'read-map':
        return void readMap(effect.request);
      case 'write-map':
        return void writeMap(effect);
      case 'pause':
        return gate.close(effect.span, 'writes', mostPauseMs);
      case 'park':
        return gate.close(effect.span, 'all', mostParkMs);
      case 'resume':
        return gate.open(effect.span);
      case 'served': {
        region().refresh();
        const { left } = effect;
        if (left !== undefined) context.internals.keyEvents.slotsLeft(context, left);
        return undefined;
      }
      case 'report':
        return log.info('slots', { what: effect.what, ...effect.move, ...effect.details });
      default:
        return effect satisfies never;
    }
  }

  async function readMap(request: number): Promise<void> {
    try {
      const { map, resourceVersion } = await options.kube.read();
      region().noteMap(map);
      step({ type: 'map-read', request, map, resourceVersion });
    } catch (error) {
      log.warn('the ownership map could not be read', { error: error instanceof Error ? error.message : String(error) });
      step({ type: 'map-failed', request });
    }
  }

  async function writeMap({ request, map, resourceVersion }: Extract<MoverEffect, { type: 'write-map' }>): Promise<void> {
    const written = await options.kube.write(map, resourceVersion);
    if (written.outcome === 'ok') region().noteMap(written.map);
    step({ type: 'map-written', request, ...written });
  }

  async function readTargets(): Promise<number | undefined> {
    readUnder = region().lease?.epoch ?? 0;
    try {
      const read = await options.kube.readTargets();
      if (read !== undefined && read.generation >= (targets?.generation ?? -1)) {
        if (read.generation !== targets?.generation) log.info('read targets for slots', { generation: read.generation });
        targets = read;
        step({ type: 'targets', targets });
        look();
      }
    } catch (error) {
      log.warn('the targets could not be read', { error: error instanceof Error ? error.message : String(error) });
      readUnder = -1;
      readAgainAtMs = clock.monotonicMs() + retryTargetsMs;
    }
    return targets?.generation;
  }

  /** A shard without a log: does a move begin or end here? */
  function concernsUs(): boolean {
    const { map } = region();
    if (map === undefined) return false;
    if (map.moves.some((move) => move.source === shard || move.target === shard)) return true;
    return targets !== undefined && nextBatch(map, targets, shard, new Uint8Array(slotCount), () => 0, { leastSlots: 1, mostSlots: 1, batchBytes: 0 }) !== undefined;
  }

  function tick(): void {
    if (mover.state.leading) step({ type: 'tick' });
    if (isBusy()) return;
    timers.cancel(ticking);
    ticking = undefined;
  }

  function look(): void {
    if (region().notServing !== undefined) return;
    if (ticking === undefined) tick();
    if (readUnder !== (region().lease?.epoch ?? 0) && clock.monotonicMs() >= readAgainAtMs) void readTargets();
    if (stream === undefined && concernsUs()) options.beginLog();
  }

  const hooks: MoveHooks = {
    ledger(text) {
      applied = text === '' ? emptyLedger : parseLedger(text);
      region().refresh();
    },
    head: () => ledgerBytes(mover.state.leading ? mover.state.ledger : applied),
    leads(epoch, emptied, seq) {
      const { map } = region();
      if (map !== undefined) step({ type: 'map', map });
      step({ type: 'lead', epoch, ledger: applied, emptied, seq });
    },
    stops() {
      applied = mover.state.ledger;
      step({ type: 'stop' });
    },
    committed(seq) {
      committedSeq = seq;
      if (committedSoon || !mover.state.leading) return;
      committedSoon = true;
      timers.soon(() => {
        committedSoon = false;
        step({ type: 'committed', seq: committedSeq });
      });
    },
  };

  return {
    hooks,
    ledger: () => (stream === undefined ? undefined : mover.state.leading ? mover.shownLedger() : applied),
    attach(next) {
      stream = next;
      copies.attach(next.recorder);
      next.recorder.onFlush = () => timers.soon(() => step({ type: 'flushed' }));
    },
    mapChanged() {
      const { map } = region();
      if (map !== undefined) step({ type: 'map', map });
    },
    receive(payload, from) {
      const whole = join(from.pod, payload);
      if (whole === undefined) return;
      const envelope = decodeMove(whole);
      // Who speaks for a shard is of that shard (P4).
      if (envelope.toShard !== shard || region().members.others.get(from.pod)?.record.shard !== envelope.fromShard) return;
      if (stream === undefined && region().notServing === undefined) options.beginLog();
      inbox.receive(envelope);
    },
    heldBytes() {
      let bytes = inbox.heldBytes + pool.freeBytes;
      for (const { underWay } of mover.state.outgoing.values()) for (const chunk of underWay) bytes += chunk.bytes.length;
      return bytes;
    },
    targetsChanged: readTargets,
    status: () => ({ moves: region().notServing === undefined ? reportMoves(mover.state) : undefined, targetsGeneration: targets?.generation }),
    start() {
      looking = timers.every(lookMs, look, { keepAlive: false });
    },
    stop() {
      stopped = true;
      timers.cancel(looking);
      timers.cancel(ticking);
    },
  };
}
