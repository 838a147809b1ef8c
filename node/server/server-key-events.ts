import type { Ports } from '../../shared/ports/ports.ts';
import type { KeyEventClass, KeyEvents } from '../commands/key-events.ts';
import { Watchers } from '../commands/transactions/watchers.ts';
import { changeKind, type ChangeFeed, type ChangeKind } from '../engine/change-feed.ts';
import type { Store } from '../engine/store.ts';
import { BlockedClients } from './blocking.ts';
import type { Clients } from './client-directory.ts';
import type { ClientSession } from './client-session.ts';
import type { KeyNotifications } from './key-notifications.ts';
import { TrackingTable } from './tracking/tracking-table.ts';

/** Hands what happens to keys to whoever wants to know: WATCH, client tracking, keyspace notifications, blocked clients. */
export class ServerKeyEvents implements KeyEvents {
  listening = false;
  readonly watchers: Watchers;
  readonly tracking: TrackingTable;
  readonly #notifications: KeyNotifications;
  readonly #clients: Clients;
  readonly #store: Store;
  /** The client whose command is running. */
  running: ClientSession | undefined = undefined;
  readonly blocked: BlockedClients;
  #anyBlocked = false;
  #endScheduled = false;
  readonly #ports: Ports;

  constructor(ports: Ports, clients: Clients, notifications: KeyNotifications, store: Store) {
    this.#clients = clients;
    this.#ports = ports;
    this.#notifications = notifications;
    this.#store = store;
    const update = (): void => this.update();
    this.watchers = new Watchers(update);
    this.tracking = new TrackingTable((id) => clients.find(id), update);
    this.blocked = new BlockedClients(ports, (on) => {
      this.#anyBlocked = on;
      this.update();
    });
  }

  /** Somebody began or ceased to listen. */
  update(): void {
    this.listening = this.watchers.size > 0 || this.tracking.clients > 0 || this.#notifications.enabled || this.#anyBlocked;
    if (this.listening && this.#store.feed === undefined) this.#store.feed = this.#feed;
    if (!this.listening && this.#store.feed === this.#feed) this.#store.feed = undefined;
  }

  changed(bytes: Uint8Array, start: number, length: number): void {
    if (this.watchers.size === 0 && this.tracking.clients === 0) return;
    const key = latin1(bytes, start, length);
    this.watchers.touched(key);
    if (this.tracking.clients === 0) return;
    this.tracking.changed(key, this.running);
    if (this.running === undefined) this.#endTurnSoon();
  }

  /** Keys that expire between the turns of clients: what BCAST clients are to hear leaves soon. */
  #endTurnSoon(): void {
    if (this.#endScheduled) return;
    this.#endScheduled = true;
    this.#ports.timers.soon(() => {
      this.#endScheduled = false;
      this.tracking.endOfTurn();
    });
  }

  notify(eventClass: KeyEventClass, event: string, bytes: Uint8Array, start: number, length: number): void {
    if (this.#notifications.enabled) this.#notifications.notify(eventClass, event, bytes, start, length);
  }

  flushed(): void {
    this.watchers.flushed();
    if (this.tracking.clients > 0) this.tracking.flushed(this.#clients.all());
  }

  ready(bytes: Uint8Array, start: number, length: number): void {
    if (this.#anyBlocked) this.blocked.ready(latin1(bytes, start, length));
  }

  /** Keys that go by themselves are known to the store only. */
  readonly #feed: ChangeFeed = {
    changed: (kind: ChangeKind, _slot: number, _sequence: number, ref: number) => {
      if (kind !== changeKind.expired && kind !== changeKind.evicted) return;
      const store = this.#store;
      store.open(ref);
      const { entryBytes, keyStart, keyLength } = store;
      this.changed(entryBytes, keyStart, keyLength);
      if (kind === changeKind.expired) this.notify('x', 'expired', entryBytes, keyStart, keyLength);
      else this.notify('e', 'evicted', entryBytes, keyStart, keyLength);
    },
    flushed: () => {},
  };
}

function latin1(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
}
