import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import { slotCount, slotOfKey } from '../../shared/slots/crc16.ts';
import type { SlotRange } from '../../shared/slots/ranges.ts';
import { keyPositions } from '../commands/key-extraction.ts';
import type { Command, CommandTable } from '../commands/registry.ts';
import type { Call } from '../commands/spec.ts';
import type { ClusterView } from '../topology/view.ts';
import type { ClientSession } from './client-session.ts';

type Ranges = ReturnType<ClusterView['rangesOf']>;
type Arguments = Pick<Call, 'bytes' | 'argc' | 'start' | 'length'>;

const open = 0;
const noWrites = 1;
const closed = 2;
/** Beside what moves say of the slot. */
const leaderless = 4;

const slotLists: ReadonlySet<string> = new Set(['slots', 'shards', 'nodes']);

/** Of a shard between two primaries it could say nothing, and some client libraries refuse what does not name every slot. */
function asksForSlots({ bytes, argc, start, length }: Arguments): boolean {
  return argc > 1 && length[1] <= 6 && slotLists.has(Buffer.from(bytes.buffer, bytes.byteOffset + start[1], length[1]).toString('latin1').toLowerCase());
}

/**
 * Commands for slots that are changing hands wait here, with their clients, instead of failing: writes at the source while the last of a move goes over, everything at the target
 * until it serves (B9); everything while a shard is being handed over and nobody is known to lead it. Each span opens by itself after a while.
 */
export class SlotGate {
  /** Asked on every batch: nothing in motion costs one read. */
  active = false;
  readonly #mode = new Uint8Array(slotCount);
  readonly #spans = new Map<string, TimerHandle>();
  readonly #leaderless = new Map<number, { readonly ranges: Ranges; readonly timer: TimerHandle }>();
  readonly #held = new Set<ClientSession>();
  readonly #timers: Ports['timers'];
  readonly #table: () => CommandTable;

  constructor(timers: Ports['timers'], table: () => CommandTable) {
    this.#timers = timers;
    this.#table = table;
  }

  close(span: SlotRange, what: 'writes' | 'all', atMostMs: number): void {
    const key = `${span.from}-${span.to}`;
    this.#timers.cancel(this.#spans.get(key));
    this.#spans.set(key, this.#timers.after(atMostMs, () => this.open(span), { keepAlive: false }));
    this.#set(span.from, span.to, leaderless, what === 'all' ? closed : noWrites);
    this.active = true;
  }

  open(span: SlotRange): void {
    const key = `${span.from}-${span.to}`;
    if (!this.#spans.has(key)) return;
    this.#timers.cancel(this.#spans.get(key));
    this.#spans.delete(key);
    this.#set(span.from, span.to, leaderless, open);
    this.#release();
  }

  /** The shard had a primary, and nobody says yet that it is the next one. */
  awaitLeader(shard: number, ranges: Ranges, atMostMs: number): void {
    this.leaderKnown(shard);
    this.#leaderless.set(shard, { ranges, timer: this.#timers.after(atMostMs, () => this.leaderKnown(shard), { keepAlive: false }) });
    for (const [from, to] of ranges) this.#set(from, to, open | noWrites | closed, leaderless);
    this.active = true;
  }

  /** Somebody leads it, here or elsewhere; or it has been waited for long enough. */
  leaderKnown(shard: number): void {
    const waiting = this.#leaderless.get(shard);
    if (waiting === undefined) return;
    this.#timers.cancel(waiting.timer);
    this.#leaderless.delete(shard);
    for (const [from, to] of waiting.ranges) this.#set(from, to, open | noWrites | closed, open);
    this.#release();
  }

  #set(from: number, to: number, kept: number, added: number): void {
    for (let slot = from; slot <= to; slot++) this.#mode[slot] = (this.#mode[slot] & kept) | added;
  }

  #release(): void {
    this.active = this.#spans.size + this.#leaderless.size > 0;
    const held = [...this.#held];
    this.#held.clear();
    // Those who wait for another span are held again when they come to it.
    for (const client of held) {
      client.blocked = false;
      client.output.release();
    }
  }

  /** True when the command has to wait: its client is held now. `slot` of the first key where it is known. */
  holds(command: Command | undefined, call: Arguments, slot: number, client: ClientSession): boolean {
    if (command === undefined || !this.#waits(command, call, slot, client)) return false;
    this.#held.add(client);
    client.blocked = true;
    client.output.hold();
    return true;
  }

  #waits(command: Command, call: Arguments, slot: number, client: ClientSession): boolean {
    if (command.name === 'exec') return client.transaction?.queue.some((queued) => this.#waitsFor(this.#table().named(queued.name), queued, client)) === true;
    // It is queued only: EXEC is what waits.
    if (client.transaction !== undefined) return false;
    return slot >= 0 ? this.#isClosed(slot, command, client) : this.#waitsFor(command, call, client);
  }

  #waitsFor(command: Command | undefined, call: Arguments, client: ClientSession): boolean {
    if (command === undefined) return false;
    // It would take away what is on its way.
    if (command.name === 'flushall' || command.name === 'flushdb') return true;
    if (this.#leaderless.size > 0 && command.name === 'cluster' && asksForSlots(call)) return true;
    if (!command.hasKeys) return false;
    for (const { index } of keyPositions(command, call, true) ?? []) if (this.#isClosed(slotOfKey(call.bytes, call.start[index], call.length[index]), command, client)) return true;
    return false;
  }

  #isClosed(slot: number, command: Command, client: ClientSession): boolean {
    const mode = this.#mode[slot];
    if ((mode & leaderless) !== 0 && !(client.readonly && command.readonly)) return true;
    return (mode & closed) !== 0 || ((mode & noWrites) !== 0 && command.write);
  }

  forget(client: ClientSession): void {
    this.#held.delete(client);
  }
}
