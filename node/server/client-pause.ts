import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import type { Command } from '../commands/registry.ts';
import type { ClientPause } from '../commands/services.ts';
import type { ClientSession } from './client-session.ts';

/** CLIENT PAUSE. `holds` is asked before a command runs; whoever is held goes on when the pause ends. */
export class Pause implements ClientPause {
  /** Asked on every batch: no pause costs one read. */
  active = false;
  #mode: 'all' | 'write' = 'all';
  #untilMs = 0;
  #timer: TimerHandle | undefined;
  readonly #held = new Set<ClientSession>();
  readonly #ports: Ports;
  readonly #isWrite: (name: string) => boolean;
  readonly #onChange: (paused: boolean) => void;

  constructor(ports: Ports, isWrite: (name: string) => boolean, onChange: (paused: boolean) => void) {
    this.#ports = ports;
    this.#isWrite = isWrite;
    this.#onChange = onChange;
  }

  /** A pause that runs is never shortened or softened by another. */
  pause(mode: 'all' | 'write', milliseconds: number): void {
    const until = this.#ports.clock.monotonicMs() + milliseconds;
    this.#mode = this.active && this.#mode === 'all' ? 'all' : mode;
    this.#untilMs = this.active ? Math.max(this.#untilMs, until) : until;
    this.active = true;
    this.#onChange(true);
    this.#ports.timers.cancel(this.#timer);
    this.#timer = this.#ports.timers.after(this.#untilMs - this.#ports.clock.monotonicMs(), () => this.end(), { keepAlive: false });
  }

  end(): void {
    this.#ports.timers.cancel(this.#timer);
    this.#timer = undefined;
    this.active = false;
    this.#onChange(false);
    const held = [...this.#held];
    this.#held.clear();
    for (const client of held) {
      client.blocked = false;
      client.output.release();
    }
  }

  /** True when the command has to wait: its client is held now. */
  holds(command: Command | undefined, client: ClientSession): boolean {
    if (!this.active || command === undefined) return false;
    if (this.#mode === 'write' && !this.#mayWrite(command, client)) return false;
    this.#held.add(client);
    client.blocked = true;
    client.output.hold();
    return true;
  }

  forget(client: ClientSession): void {
    this.#held.delete(client);
  }

  #mayWrite(command: Command, client: ClientSession): boolean {
    if (command.name === 'exec') return client.transaction?.queue.some(({ name }) => this.#isWrite(name)) === true;
    return this.#isWrite(command.name);
  }
}
