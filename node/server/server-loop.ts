import { redisErrorLine } from '../../shared/errors/meridian-error.ts';
import type { NodeContext } from '../commands/node-context.ts';
import type { Command } from '../commands/registry.ts';
import type { Call } from '../commands/spec.ts';
import type { Pause } from './client-pause.ts';
import { ClientSession } from './client-session.ts';
import type { Connection } from './connection.ts';
import type { ServerNodeContext } from './create-node-context.ts';
import { createCall, execute } from './executor.ts';
import { HeldReplies } from './held-replies.ts';
import type { LatencySpikes } from './latency-monitor.ts';
import { ReplyWriter } from './reply-writer.ts';
import { batchSize, type RequestParser } from './request-parser.ts';
import type { ServerKeyEvents } from './server-key-events.ts';
import type { SlotGate } from './slot-gate.ts';
import type { SlowCommands } from './slowlog.ts';

/** Longest time that one connection may keep the others waiting in a turn; the rest of its input runs in a later turn. */
const fairShareMs = 4;
/** With a SLOWLOG threshold below this every command is timed by itself. */
const exactBelowMicroseconds = 1000;
/** Replies of one turn above which the rest of its input runs in a later turn, once they are taken: pipelines of large reads take no more memory than that. */
const turnReplyBytes = 1024 * 1024;
/** Requests of one connection that are refused for a quota in a turn; the rest waits for the others' turns: whoever asks too much takes little of their time. */
const mostRefusals = 32;
/** Output waiting in the socket above which a client's commands are no longer read. */
const throttleAboveBytes = 1024 * 1024;

/** Bytes sent by clients, or not taken by them, after which their buffers are added up: no burst gets far between two regular looks. */
const measureAfterBytes = 4 * 1024 * 1024;

export interface OutputPolicy {
  /** Clients may hold a few megabytes more than they did at the last call. */
  buffersGrew(): void;
  /** Looks at a connection whose output did not go out at once; true when it has to be cut off. */
  exceeds(connection: Connection, nowMs: number): boolean;
  /** Bytes that a client's replies of one turn may grow to while they are built. */
  mostReplyBytes(session: ClientSession): number;
  /** Memory that the node has left for a reply that is being built. */
  roomBytes(): number;
}

/**
 * Runs the commands of all connections of a node, one batch after the other: parse up to 64, prefetch their keys, execute in
 * order, and write everything that one readable event gave rise to at once.
 */
export class ServerLoop {
  readonly node: NodeContext;
  readonly parser: RequestParser;
  readonly #call: Call;
  readonly #reply = new ReplyWriter();
  readonly #policy: OutputPolicy;
  readonly #keyEvents: ServerKeyEvents;
  readonly #slowlog: SlowCommands;
  readonly #latency: LatencySpikes;
  readonly #pause: Pause;
  readonly #slotGate: SlotGate;
  readonly #onClose: (connection: Connection) => void;
  /** Connections with pushes or a close to be done at the end of the turn. */
  readonly #touched = new Set<Connection>();
  readonly #keyHash = new Int32Array(batchSize);
  #current: Connection | undefined;
  #turnStartMs = 0;
  /** Set when the running connection had its share: the rest of its bytes waits. */
  interrupted = false;
  #flushScheduled = false;

  constructor(node: ServerNodeContext, parser: RequestParser, policy: OutputPolicy, onClose: (connection: Connection) => void) {
    this.node = node;
    this.parser = parser;
    this.#keyEvents = node.internals.keyEvents;
    this.#slowlog = node.internals.slowlog;
    this.#latency = node.internals.latency;
    this.#pause = node.internals.pause;
    this.#slotGate = node.internals.slotGate;
    this.#policy = policy;
    this.#onClose = onClose;
    this.#reply.roomBytes = () => policy.roomBytes();
    const nobody = new ClientSession({ id: 0, address: '', localAddress: '', createdAtMs: 0, output: noOutput });
    this.#call = createCall(node, this.#reply, nobody);
  }

  #unmeasuredBytes = 0;

  beginTurn(connection: Connection, receivedBytes: number): void {
    const { clock } = this.node.ports;
    this.#current = connection;
    this.interrupted = false;
    this.#turnStartMs = clock.monotonicMs();
    this.#batchStartMs = this.#turnStartMs;
    const { copies, tenants } = this.node;
    if (tenants !== undefined && tenants.attentive) tenants.beginTurn(this.#turnStartMs);
    if (copies === undefined) this.#call.nowMs = Math.floor(clock.wallMs());
    else {
      if (this.#gate === undefined) this.#gate = new HeldReplies(this.node, copies, (to, bytes) => this.#writeBytes(to, bytes));
      this.#call.nowMs = copies.shardMs();
    }
    connection.session.lastActiveMs = this.#call.nowMs;
    this.node.server.statistics.inputBytes += receivedBytes;
    connection.turnBytes = receivedBytes;
    this.#unmeasuredBytes += receivedBytes;
  }

  /** Runs complete commands in buffer[start, end); returns where it stopped. */
  run(connection: Connection, buffer: Buffer, start: number, end: number): number {
    const { parser } = this;
    const { session } = connection;
    let at = start;
    for (;;) {
      const behind = parser.parse(buffer, at, end, session.authenticated ? batchSize : 1, session.authenticated);
      if (parser.count === 0) {
        if (parser.error !== '') this.refuse(connection, parser.error);
        return behind;
      }
      if (!this.runBatch(connection)) {
        if (this.interrupted) this.#goOnLater(connection);
        return parser.begin[this.#stoppedAt];
      }
      at = behind;
      if (at >= end || session.closing) return at;
      if (this.interrupted) {
        this.#goOnLater(connection);
        return at;
      }
    }
  }

  #goOnLater(connection: Connection): void {
    this.continueSoon(connection);
    connection.hold();
    this.#interruptedConnections.add(connection);
  }

  /** Where the shard has copies. */
  #gate: HeldReplies | undefined;
  readonly #interruptedConnections = new Set<Connection>();
  #stoppedAt = 0;

  /** Runs the parsed batch; false when the connection was held at command #stoppedAt (it and those behind have not run). */
  runBatch(connection: Connection): boolean {
    const { parser } = this;
    const call = this.#call;
    const { session } = connection;
    const count = parser.count;
    call.client = session;
    call.bytes = parser.bytes;
    call.reply.resp = session.resp;
    call.reply.limitBytes = this.#policy.mostReplyBytes(session);
    const events = this.#keyEvents;
    events.running = session;
    this.#prefetch();
    const exact = this.#slowlog.thresholdMicroseconds >= 0 && (this.#slowlog.thresholdMicroseconds < exactBelowMicroseconds || this.#latency.thresholdMs > 0);
    let ran = 0;
    const gate = this.#gate;
    for (let i = 0; i < count; i++) {
      const found = parser.commands[i];
      if (connection.held || (gate !== undefined && gate.mustWait(found, connection, this.#batchStartMs)) || (this.#pause.active && this.#pause.holds(found, session)) || (this.#slotGate.active && this.#waitsForSlot(i, session))) {
        this.#stoppedAt = i;
        this.#settle(ran);
        this.interrupted = false;
        return false;
      }
      if (i > 0 && (call.reply.position > turnReplyBytes || this.#hadRefusals())) {
        this.#stoppedAt = i;
        this.#settle(ran);
        this.interrupted = true;
        return false;
      }
      call.argc = parser.argc[i];
      call.start = parser.start[i];
      call.length = parser.length[i];
      call.keySlot = parser.keySlot[i];
      call.keyHash = this.#keyHash[i];
      const timed = exact || (found !== undefined && !found.constantTime);
      this.#ran[ran++] = timed ? this.#executeTimed(found) : this.#execute(found);
      if (gate !== undefined) gate.ran(found, call);
      if (events.listening) this.#afterCommand(session);
      if (call.reply.overflowed) this.#cutOff(connection);
      if (session.closing) break;
    }
    this.#settle(ran);
    return true;
  }

  /** Its reply would have been larger than the client's output may be. */
  #cutOff(connection: Connection): void {
    this.#reply.overflowed = false;
    this.#reply.reset();
    this.node.server.statistics.outputLimitDisconnections++;
    connection.closeNow();
  }

  /** A slot of the command is changing hands. */
  #waitsForSlot(i: number, session: ClientSession): boolean {
    const { commands, bytes, argc, start, length, keySlot } = this.parser;
    return this.#slotGate.holds(commands[i], { bytes, argc: argc[i], start: start[i], length: length[i] }, keySlot[i], session);
  }

  /** Untimed commands of the batch; their share of its time is the same. */
  readonly #ran: (Command | undefined)[] = Array.from({ length: batchSize });
  /** Time of the batch that is accounted for already. */
  #timedMs = 0;

  #afterCommand(session: ClientSession): void {
    const { tracking, blocked } = this.#keyEvents;
    tracking.afterCommand(session);
    if (!blocked.hasReady) return;
    blocked.serve(this.node, this.#call.nowMs);
    this.#keyEvents.running = session;
  }

  /** A command whose time depends on its arguments, or any while SLOWLOG or LATENCY want exact times. */
  #executeTimed(found: Command | undefined): undefined {
    const { clock } = this.node.ports;
    const begin = clock.monotonicMs();
    const command = this.#execute(found);
    const milliseconds = clock.monotonicMs() - begin;
    this.#timedMs += milliseconds;
    if (command === undefined) return;
    command.counters.microseconds += milliseconds * 1000;
    this.#report(command, milliseconds);
  }

  #report(command: Command, milliseconds: number): void {
    // A command that waits is looked at when it has been served.
    if (!command.skipSlowlog && !this.#call.client.blocked) this.#slowlog.consider(this.#call, milliseconds * 1000);
    if (this.#latency.thresholdMs > 0) this.#latency.add(command.spec.flags.includes('fast') ? 'fast-command' : 'command', this.#call.nowMs, milliseconds);
  }

  /** A command that throws is our fault: its client is told, the others go on. */
  #execute(found: Command | undefined): Command | undefined {
    const call = this.#call;
    const begin = call.reply.position;
    try {
      return execute(found, call);
    } catch (error) {
      call.reply.position = begin;
      call.client.inTransaction = false;
      call.reply.error(redisErrorLine('INTERNAL', { reference: this.node.server.failed(error, found?.name ?? '') }));
      return undefined;
    }
  }

  /** One clock read a batch: the time of its commands, and whether the connection has had its share. */
  #settle(count: number): void {
    const { parser } = this;
    const now = this.node.ports.clock.monotonicMs();
    const ran = this.#ran;
    const shareMs = Math.max(0, now - this.#batchStartMs - this.#timedMs) / Math.max(1, count);
    for (let i = 0; i < count; i++) {
      const command = ran[i];
      if (command !== undefined) command.counters.microseconds += shareMs * 1000;
    }
    if (shareMs * 1000 >= exactBelowMicroseconds && count > 0 && ran[count - 1] !== undefined) this.#report(ran[count - 1] as Command, shareMs);
    this.#timedMs = 0;
    this.#batchStartMs = now;
    this.node.server.statistics.commandsProcessed += count;
    if (parser.argc[0] > 256) parser.trim();
    this.interrupted = now - this.#turnStartMs > fairShareMs || this.#reply.position > turnReplyBytes || this.#hadRefusals();
  }

  #hadRefusals(): boolean {
    const { tenants } = this.node;
    return tenants !== undefined && tenants.attentive && tenants.refusals >= mostRefusals;
  }

  #batchStartMs = 0;

  #prefetch(): void {
    const { prefetch } = this.node;
    if (prefetch === undefined) return;
    const { parser } = this;
    const { count, keySlot, bytes, commands, start, length } = parser;
    const hashes = this.#keyHash;
    for (let i = 0; i < count; i++) {
      if (keySlot[i] < 0) continue;
      const key = commands[i]!.firstKey;
      hashes[i] = prefetch.hashKey(bytes, start[i][key], length[i][key]);
    }
    if (count === 1) return;
    this.#sink = prefetch.prefetch(hashes, keySlot, count);
  }

  /** Keeps the prefetch reads from being optimised away. */
  #sink = 0;

  get prefetchSink(): number {
    return this.#sink;
  }

  /** Whether the node has so much memory left, if need be after closing clients that hold too much of it. */
  hasRoom(bytes: number): boolean {
    if (bytes <= this.#policy.roomBytes()) return true;
    this.#policy.buffersGrew();
    return bytes <= this.#policy.roomBytes();
  }

  /** For its buffers there is no room. */
  evict(connection: Connection): void {
    this.node.server.statistics.clientsEvicted++;
    connection.closeNow();
  }

  /** A protocol error: answered, then closed. */
  refuse(connection: Connection, detail: string): void {
    this.#reply.error(`ERR Protocol error: ${detail}`);
    connection.session.closing = true;
  }

  /** Sends what the turn has produced, here and for others. */
  endTurn(connection: Connection): void {
    if (this.#keyEvents.listening) this.#keyEvents.tracking.endOfTurn();
    this.#keyEvents.running = undefined;
    connection.turnBytes = 0;
    const reply = this.#reply;
    if (reply.position > 0) {
      const length = reply.position;
      this.node.server.statistics.outputBytes += length;
      if (connection.closed || (this.#gate !== undefined && !this.#gate.passes(connection, reply.buffer, length))) reply.reset();
      else if (this.#write(connection, reply.fitted(), length)) reply.reset();
      else reply.detach();
      // The lease was looked at just now (P2): nothing waits behind that.
      if (this.#gate !== undefined) connection.io.flush?.();
    }
    this.#current = undefined;
    if (connection.session.closing) this.touch(connection);
    if (this.#touched.size > 0) this.#flushTouched();
    if (this.#unmeasuredBytes < measureAfterBytes) return;
    this.#unmeasuredBytes = 0;
    this.#policy.buffersGrew();
  }

  #write(connection: Connection, buffer: Buffer, length: number): boolean {
    const backlog = connection.io.pendingBytes > 0;
    const taken = backlog ? connection.io.write(Buffer.from(buffer.subarray(0, length)), length) : connection.io.write(buffer, length);
    if (!taken) {
      this.#unmeasuredBytes += length;
      this.#limitOutput(connection);
    }
    return taken || backlog;
  }

  #limitOutput(connection: Connection): void {
    if (this.#policy.exceeds(connection, this.#call.nowMs)) {
      this.node.server.statistics.outputLimitDisconnections++;
      connection.closeNow();
    } else if (!connection.throttled && connection.io.pendingBytes > throttleAboveBytes) {
      connection.throttled = true;
      connection.hold();
      connection.io.pauseReading();
    }
  }

  exceedsOutputLimit(connection: Connection, nowMs: number): boolean {
    return this.#policy.exceeds(connection, nowMs);
  }

  drained(connection: Connection): void {
    connection.overSoftLimitSinceMs = 0;
    if (!connection.throttled) return;
    connection.throttled = false;
    connection.release();
  }

  /** Bytes for a connection from outside of its own reply. */
  push(connection: Connection, bytes: Uint8Array): void {
    if (connection === this.#current && connection.session.replyMode === 'on') {
      this.#reply.raw(bytes);
      return;
    }
    connection.outbox.push(bytes);
    connection.outboxBytes += bytes.length;
    this.touch(connection);
  }

  /** Has something to be done for the connection at the end of this turn. */
  touch(connection: Connection): void {
    this.#touched.add(connection);
    if (this.#current !== undefined || this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.node.ports.timers.soon(() => {
      this.#flushScheduled = false;
      this.#flushTouched();
    });
  }

  #flushTouched(): void {
    for (const connection of this.#touched) {
      if (connection === this.#current) continue;
      this.#touched.delete(connection);
      if (connection.closed) continue;
      if (connection.outbox.length > 0) this.#flushOutbox(connection);
      if (connection.session.closing && this.#gate?.holds(connection) !== true) connection.io.end();
    }
  }

  #flushOutbox(connection: Connection): void {
    const bytes = Buffer.concat(connection.outbox);
    connection.outbox = [];
    connection.outboxBytes = 0;
    this.node.server.statistics.outputBytes += bytes.length;
    if (this.#gate === undefined || this.#gate.passesPush(connection, bytes)) this.#writeBytes(connection, bytes);
  }

  /** True: all was taken. */
  #writeBytes(connection: Connection, bytes: Buffer): boolean {
    const taken = connection.io.write(bytes, bytes.length);
    if (!taken) this.#limitOutput(connection);
    if (connection.session.closing) this.touch(connection);
    return taken;
  }

  /** Lets a connection go on in a turn of its own. */
  continueSoon(connection: Connection): void {
    this.node.ports.timers.soon(() => {
      if (this.#interruptedConnections.delete(connection)) connection.release();
      else connection.resumeInput();
    });
  }

  forget(connection: Connection): void {
    this.#gate?.forget(connection);
    this.#touched.delete(connection);
    this.#interruptedConnections.delete(connection);
    this.#onClose(connection);
  }
}

const noOutput = { send() {}, closeAfterReply() {}, closeNow() {}, hold() {}, release() {}, pendingBytes: 0, inputBytes: 0 };
