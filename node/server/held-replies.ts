import type { Copies } from '../commands/copies.ts';
import type { Command } from '../commands/registry.ts';
import type { Connection } from './connection.ts';

/** Replies of one turn of a connection, waiting until what they show is committed. */
interface Held {
  readonly bytes: Buffer;
  readonly untilSeq: number;
  /** A clock read after the last read of data: a lease that ends later must be known before this goes (P2). −Infinity: nothing was read. */
  readonly readAtMs: number;
}

/** Commands without keys that show data all the same. */
const showsData: ReadonlySet<string> = new Set(['exec', 'wait', 'dbsize', 'scan', 'keys', 'randomkey']);
/** Held output of one connection above which no more of its commands run. */
const mostHeldBytes = 1024 * 1024;

/**
 * The reply gate: a reply leaves only when all that it shows is committed (P7) and, where nobody's acknowledgement fences it, while the lease holds (P2). Replies of
 * one connection keep their order; commands behind them go on.
 */
export class HeldReplies {
  readonly #copies: Copies;
  readonly #monotonicMs: () => number;
  readonly #write: (connection: Connection, bytes: Buffer) => void;
  readonly #byConnection = new Map<Connection, Held[]>();
  /** Connections whose next command has to wait: no lease now, a hand-over, or too much not acknowledged. */
  readonly #waiting = new Set<Connection>();
  readonly #full = new Set<Connection>();
  #untilSeq = 0;
  #hasRead = false;

  constructor(copies: Copies, monotonicMs: () => number, write: (connection: Connection, bytes: Buffer) => void) {
    this.#copies = copies;
    this.#monotonicMs = monotonicMs;
    this.#write = write;
    copies.onProgress = () => this.#progress();
    copies.onStop = () => this.#stop();
  }

  /** True when the command must not run now: its connection is held until it may. */
  mustWait(command: Command | undefined, connection: Connection, nowMs: number): boolean {
    const copies = this.#copies;
    if (!copies.leads || command === undefined || !(command.hasKeys || showsData.has(command.name))) return false;
    const pauses = copies.pausing && (command.write || command.name === 'exec');
    if (!pauses && !copies.congested && nowMs < copies.leaseUntilMs()) return false;
    connection.hold();
    this.#waiting.add(connection);
    return true;
  }

  /** A command of the running turn has been executed. */
  ran(command: Command | undefined, slot: number): void {
    const copies = this.#copies;
    copies.endUnit();
    if (command === undefined || !copies.leads) return;
    const keyed = command.hasKeys && slot >= 0;
    if (!keyed && !command.write && !showsData.has(command.name)) return;
    const head = copies.headOf(keyed ? slot : -1);
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
    if (!this.#byConnection.has(connection) && this.#mayGo(untilSeq, readAtMs)) return true;
    this.#hold(connection, { bytes: Buffer.from(bytes.subarray(0, length)), untilSeq, readAtMs });
    return false;
  }

  /** What others' commands gave rise to (blocked clients, pushes): it may show anything up to now. */
  passesPush(connection: Connection, bytes: Buffer): boolean {
    const copies = this.#copies;
    copies.endUnit();
    if (!copies.leads) return true;
    const untilSeq = copies.headOf(-1);
    if (!this.#byConnection.has(connection) && this.#mayGo(untilSeq, -Infinity)) return true;
    this.#hold(connection, { bytes, untilSeq, readAtMs: -Infinity });
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
    return this.#byConnection.has(connection);
  }

  #hold(connection: Connection, held: Held): void {
    const queue = this.#byConnection.get(connection);
    if (queue === undefined) this.#byConnection.set(connection, [held]);
    else queue.push(held);
    connection.heldBytes += held.bytes.length;
    if (connection.heldBytes <= mostHeldBytes || this.#full.has(connection)) return;
    this.#full.add(connection);
    connection.hold();
    connection.io.pauseReading();
  }

  #progress(): void {
    const copies = this.#copies;
    if (this.#byConnection.size > 0 && copies.leads) this.#release();
    if (this.#waiting.size === 0) return;
    if (copies.leads && (copies.pausing || copies.congested || this.#monotonicMs() >= copies.leaseUntilMs())) return;
    this.#letGo();
  }

  #letGo(): void {
    for (const connection of this.#waiting) connection.release();
    this.#waiting.clear();
  }

  #release(): void {
    const { committedSeq } = this.#copies;
    const leaseUntilMs = this.#copies.leaseUntilMs();
    const writesGo = !this.#copies.writesNeedLease || this.#monotonicMs() < leaseUntilMs;
    for (const [connection, queue] of this.#byConnection) {
      let count = 0;
      while (count < queue.length && queue[count].untilSeq <= committedSeq && queue[count].readAtMs < leaseUntilMs && (writesGo || queue[count].untilSeq === 0)) count++;
      if (count === 0) continue;
      const going = queue.splice(0, count);
      if (queue.length === 0) this.#byConnection.delete(connection);
      const bytes = going.length === 1 ? going[0].bytes : Buffer.concat(going.map((one) => one.bytes));
      connection.heldBytes -= bytes.length;
      this.#write(connection, bytes);
      if (connection.heldBytes < mostHeldBytes / 2 && this.#full.delete(connection)) connection.release();
    }
  }

  /** This node leads no more: whether what is held was done nobody here can say. */
  #stop(): void {
    for (const connection of [...this.#byConnection.keys()]) {
      this.forget(connection);
      connection.closeNow();
    }
    this.#letGo();
  }

  forget(connection: Connection): void {
    this.#byConnection.delete(connection);
    this.#waiting.delete(connection);
    this.#full.delete(connection);
    connection.heldBytes = 0;
  }
}
