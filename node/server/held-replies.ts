import type { Copies } from '../commands/copies.ts';
import type { NodeContext } from '../commands/node-context.ts';
import type { Command } from '../commands/registry.ts';
import type { Call } from '../commands/spec.ts';
import { allWaitForNoCopy, waitsForNoCopy } from './acknowledgement.ts';
import type { Connection } from './connection.ts';
import { ReplyQueue } from './reply-queue.ts';

/** Commands without keys that show data all the same. */
const showsData: ReadonlySet<string> = new Set(['exec', 'wait', 'dbsize', 'scan', 'keys', 'randomkey']);
/** Held output of one connection above which no more of its commands run. */
const mostHeldBytes = 1024 * 1024;

/**
 * The reply gate: a reply leaves only when all that it shows is committed (P7) and, where nobody's acknowledgement fences it, while the lease holds (P2). Replies of
 * one connection keep their order; commands behind them go on.
 */
export class HeldReplies {
  readonly #node: NodeContext;
  readonly #copies: Copies;
  readonly #monotonicMs: () => number;
  /** True: the bytes may be overwritten now. */
  readonly #write: (connection: Connection, bytes: Buffer) => boolean;
  readonly #queue = new ReplyQueue();
  /** Connections whose next command has to wait: no lease now, a hand-over, or too much not acknowledged. */
  readonly #waiting = new Set<Connection>();
  readonly #full = new Set<Connection>();
  #untilSeq = 0;
  #hasRead = false;

  constructor(node: NodeContext, copies: Copies, write: (connection: Connection, bytes: Buffer) => boolean) {
    this.#node = node;
    this.#copies = copies;
    this.#monotonicMs = node.ports.clock.monotonicMs;
    this.#write = write;
    copies.onProgress = () => this.#progress();
    copies.onStop = () => this.#stop();
  }

  /** True when the command must not run now: its connection is held until it may. */
  mustWait(command: Command | undefined, connection: Connection, nowMs: number): boolean {
    const copies = this.#copies;
    if (nowMs < copies.freeUntilMs) return false;
    if (!copies.leads || command === undefined || !(command.hasKeys || showsData.has(command.name))) return false;
    const pauses = copies.pausing && (command.write || command.name === 'exec');
    if (!pauses && !copies.congested && nowMs < copies.leaseUntilMs()) return false;
    connection.hold();
    this.#waiting.add(connection);
    return true;
  }

  /** A command of the running turn has been executed. */
  ran(command: Command | undefined, call: Call): void {
    const copies = this.#copies;
    copies.endUnit();
    if (command === undefined || !copies.leads) return;
    // Also of a subcommand, whose slot was found when it ran.
    const slot = call.keySlot;
    if (slot < 0 && !command.write && !showsData.has(command.name)) return;
    const head = waitsForNoCopy(command, call) ? 0 : copies.headOf(slot);
    if (head > this.#untilSeq) this.#untilSeq = head;
    // A write that nobody has to acknowledge is fenced by the lease alone, as a read is (P2).
    if (!command.write || head === 0) this.#hasRead = true;
  }

  /** The output of the turn; true when it may be written now. Else it was taken, or the connection was cut off. */
  passes(connection: Connection, bytes: Uint8Array, length: number): boolean {
    const copies = this.#copies;
    const untilSeq = this.#untilSeq;
    const readAtMs = this.#hasRead && copies.leads ? this.#monotonicMs() : -Infinity;
    this.#untilSeq = 0;
    this.#hasRead = false;
    copies.endTurn();
    if (connection.heldBytes === 0 && this.#mayGo(untilSeq, readAtMs)) return true;
    this.#hold(connection, bytes, length, untilSeq, readAtMs);
    return false;
  }

  /** What others' commands gave rise to (blocked clients, pushes): it may show anything up to now. */
  passesPush(connection: Connection, bytes: Buffer): boolean {
    const copies = this.#copies;
    copies.endUnit();
    if (!copies.leads) return true;
    const untilSeq = allWaitForNoCopy(this.#node) ? 0 : copies.headOf(-1);
    if (connection.heldBytes === 0 && this.#mayGo(untilSeq, -Infinity)) return true;
    this.#hold(connection, bytes, bytes.length, untilSeq, -Infinity);
    return false;
  }

  /** A lease says that nobody else began to serve before its end: what was read earlier was true then, however late the proof comes (P2). */
  #mayGo(untilSeq: number, readAtMs: number): boolean {
    const copies = this.#copies;
    if (untilSeq > copies.committedSeq) return false;
    if (readAtMs > -Infinity && readAtMs >= copies.leaseUntilMs()) return false;
    return untilSeq === 0 || !copies.writesNeedLease || this.#monotonicMs() < copies.leaseUntilMs();
  }

  holds(connection: Connection): boolean {
    return connection.heldBytes > 0;
  }

  #hold(connection: Connection, bytes: Uint8Array, length: number, untilSeq: number, readAtMs: number): void {
    this.#queue.push(connection, bytes, length, untilSeq, readAtMs);
    connection.heldBytes += length;
    if (connection.heldBytes <= mostHeldBytes || this.#full.has(connection)) return;
    this.#full.add(connection);
    connection.hold();
    connection.io.pauseReading();
  }

  #progress(): void {
    const copies = this.#copies;
    if (!this.#queue.isEmpty && copies.leads) this.#release();
    if (this.#waiting.size === 0) return;
    if (copies.leads && (copies.pausing || copies.congested || this.#monotonicMs() >= copies.leaseUntilMs())) return;
    this.#letGo();
  }

  #letGo(): void {
    for (const connection of this.#waiting) connection.release();
    this.#waiting.clear();
  }

  /** In the order in which they were held: what is committed in one turn goes in one turn. */
  #release(): void {
    const queue = this.#queue;
    const { committedSeq } = this.#copies;
    const leaseUntilMs = this.#copies.leaseUntilMs();
    const writesGo = !this.#copies.writesNeedLease || this.#monotonicMs() < leaseUntilMs;
    while (!queue.isEmpty && queue.untilSeq <= committedSeq && queue.readAtMs < leaseUntilMs && (writesGo || queue.untilSeq === 0)) queue.shift(this.#send);
  }

  readonly #send = (connection: Connection, bytes: Buffer): boolean => {
    if (connection.closed) return true;
    connection.heldBytes -= bytes.length;
    const behindOthers = connection.io.pendingBytes > 0;
    const taken = this.#write(connection, behindOthers ? Buffer.from(bytes) : bytes) || behindOthers;
    if (connection.heldBytes < mostHeldBytes / 2 && this.#full.delete(connection)) connection.release();
    return taken;
  };

  /** This node leads no more: whether what is held was done nobody here can say. */
  #stop(): void {
    this.#queue.clear((connection) => {
      this.forget(connection);
      connection.closeNow();
    });
    this.#letGo();
  }

  forget(connection: Connection): void {
    this.#waiting.delete(connection);
    this.#full.delete(connection);
    connection.heldBytes = 0;
  }
}
