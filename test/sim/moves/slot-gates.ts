import type { SlotRange } from '../../../shared/slots/ranges.ts';
import type { Scheduler } from '../world/scheduler.ts';

const mostParkMs = 1_000;

/** Slots whose commands wait: writes while the last of a move goes over, all of them until the release is there. */
export class SlotGates {
  readonly #gates = new Map<string, { readonly span: SlotRange; readonly all: boolean }>();
  readonly #parked: (() => void)[] = [];
  readonly #world: Scheduler;
  readonly #run: (work: () => void) => void;

  constructor(world: Scheduler, run: (work: () => void) => void) {
    this.#world = world;
    this.#run = run;
  }

  isClosed(slot: number, isWrite: boolean): boolean {
    for (const { span, all } of this.#gates.values()) if (slot >= span.from && slot <= span.to && (all || isWrite)) return true;
    return false;
  }

  park(again: () => void): void {
    this.#parked.push(again);
  }

  close(span: SlotRange, all: boolean): void {
    const key = `${span.from}-${span.to}`;
    const gate = { span, all };
    this.#gates.set(key, gate);
    if (all) this.#world.at(this.#world.nowMs() + mostParkMs, () => this.#run(() => {
      if (this.#gates.get(key) === gate) this.open(span);
    }));
  }

  open(span: SlotRange): void {
    this.#gates.delete(`${span.from}-${span.to}`);
    this.release();
  }

  openAll(): void {
    for (const { span } of this.#gates.values()) this.open(span);
  }

  release(): void {
    for (const again of this.#parked.splice(0)) this.#world.at(this.#world.nowMs(), again);
  }

  get hasParked(): boolean {
    return this.#parked.length > 0;
  }
}
