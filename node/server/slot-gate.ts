import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import { slotCount, slotOfKey } from '../../shared/slots/crc16.ts';
import type { SlotRange } from '../../shared/slots/ranges.ts';
import { keyPositions } from '../commands/key-extraction.ts';
import type { Command, CommandTable } from '../commands/registry.ts';
import type { Call } from '../commands/spec.ts';
import type { ClientSession } from './client-session.ts';

type Arguments = Pick<Call, 'bytes' | 'argc' | 'start' | 'length'>;

const open = 0;
const noWrites = 1;
const closed = 2;

/**
 * Commands for slots that are changing hands wait here, with their clients, instead of failing: writes at the source while the last of a move goes over, everything at the target
 * until it serves (B9). Each span opens by itself after a while.
 */
export class SlotGate {
  /** Asked on every batch: nothing in motion costs one read. */
  active = false;
  readonly #mode = new Uint8Array(slotCount);
  readonly #spans = new Map<string, TimerHandle>();
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
    this.#mode.fill(what === 'all' ? closed : noWrites, span.from, span.to + 1);
    this.active = true;
  }

  open(span: SlotRange): void {
    const key = `${span.from}-${span.to}`;
    if (!this.#spans.has(key)) return;
    this.#timers.cancel(this.#spans.get(key));
    this.#spans.delete(key);
    this.#mode.fill(open, span.from, span.to + 1);
    this.active = this.#spans.size > 0;
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
    if (command.name === 'exec') return client.transaction?.queue.some((queued) => this.#waitsFor(this.#table().named(queued.name), queued)) === true;
    // It is queued only: EXEC is what waits.
    if (client.transaction !== undefined) return false;
    return slot >= 0 ? this.#isClosed(slot, command) : this.#waitsFor(command, call);
  }

  #waitsFor(command: Command | undefined, call: Arguments): boolean {
    if (command === undefined) return false;
    // It would take away what is on its way.
    if (command.name === 'flushall' || command.name === 'flushdb') return true;
    if (!command.hasKeys) return false;
    for (const { index } of keyPositions(command, call, true) ?? []) if (this.#isClosed(slotOfKey(call.bytes, call.start[index], call.length[index]), command)) return true;
    return false;
  }

  #isClosed(slot: number, command: Command): boolean {
    const mode = this.#mode[slot];
    return mode === closed || (mode === noWrites && command.write);
  }

  forget(client: ClientSession): void {
    this.#held.delete(client);
  }
}
