import type { Ports } from '../../shared/ports/ports.ts';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import type { SlotRange } from '../../shared/slots/ranges.ts';
import type { KeyEventClass, KeyEvents } from '../commands/key-events.ts';
import type { AccessControl } from '../commands/services.ts';
import type { NodeContext } from '../commands/node-context.ts';
import { Watchers } from '../commands/transactions/watchers.ts';
import type { RemovalListener } from '../engine/change-feed.ts';
import type { Store } from '../engine/store.ts';
import { BlockedClients } from './blocking.ts';
import type { Clients } from './client-directory.ts';
import type { ClientSession } from './client-session.ts';
import type { KeyNotifications } from './key-notifications.ts';
import type { SlowCommands } from './slowlog.ts';
import { TrackingTable } from './tracking/tracking-table.ts';

/** Hands what happens to keys to whoever wants to know: WATCH, client tracking, keyspace notifications, blocked clients. */
export class ServerKeyEvents implements KeyEvents {
  listening = false;
  readonly watchers: Watchers;
  readonly tracking: TrackingTable;
  readonly #notifications: KeyNotifications;
  readonly #clients: Clients;
  readonly #store: Store;
  readonly #access: AccessControl;
  /** The client whose command is running. */
  running: ClientSession | undefined = undefined;
  readonly blocked: BlockedClients;
  #anyBlocked = false;
  #endScheduled = false;
  readonly #ports: Ports;

  constructor(ports: Ports, clients: Clients, notifications: KeyNotifications, store: Store, slowlog: SlowCommands, access: AccessControl) {
    this.#access = access;
    this.#clients = clients;
    this.#ports = ports;
    this.#notifications = notifications;
    this.#store = store;
    const update = (): void => this.update();
    this.watchers = new Watchers(update);
    this.tracking = new TrackingTable((id) => clients.find(id), (client, target) => client.user === target.user || access.isAdmin(client.user), update);
    this.blocked = new BlockedClients(ports, {
      waiting: (any) => {
        this.#anyBlocked = any;
        this.update();
      },
      runs: (client) => (this.running = client),
      served: (call, microseconds) => {
        this.tracking.afterCommand(call.client);
        slowlog.consider(call, microseconds);
      },
    });
  }

  /** Somebody began or ceased to listen. */
  update(): void {
    this.listening = this.watchers.size > 0 || this.tracking.clients > 0 || this.#notifications.enabled || this.#anyBlocked;
    this.#store.removals = this.listening ? this.#removals : undefined;
    this.#store.onCreated = this.#notifications.wants('n') ? this.#onCreated : undefined;
  }

  changed(bytes: Uint8Array, start: number, length: number): void {
    this.#tell(bytes, start, length, true);
  }

  /** `isOwn`: the running command changed the key; it did not go by itself. */
  #tell(bytes: Uint8Array, start: number, length: number, isOwn: boolean): void {
    if (this.watchers.size === 0 && this.tracking.clients === 0) return;
    const key = latin1(bytes, start, length);
    this.watchers.touched(key);
    if (this.tracking.clients === 0) return;
    this.tracking.changed(key, this.running, isOwn);
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
    if (this.tracking.clients > 0) this.tracking.flushed(this.#clients.all(), this.running);
  }

  /** Slots belong to another shard now. Who waits for their keys is sent there, who watches them is told that they changed, and near caches forget what nobody here will report any more. */
  slotsLeft(node: NodeContext, { from, to }: SlotRange): void {
    if (this.#anyBlocked) this.blocked.ownershipChanged(node);
    const hasLeft = (key: string): boolean => {
      const slot = slotOfKey(Buffer.from(key, 'latin1'));
      return slot >= from && slot <= to;
    };
    this.watchers.touchedWhere(hasLeft);
    node.server.channels.leaveShardChannels(hasLeft);
    if (this.tracking.clients > 0) this.tracking.flushed(this.#clients.all(), this.running);
  }

  /** Every key with the prefix `<name>:` is gone; near caches of clients who may see such keys forget all they have. Users of other namespaces have none of them, and are told nothing. */
  namespaceFlushed(prefix: string): void {
    this.watchers.touchedWhere((key) => key.startsWith(prefix));
    if (this.tracking.clients === 0) return;
    const sees = ({ user }: ClientSession): boolean => this.#access.boundTo(user)?.some(({ name }) => prefix === `${name}:`) !== false;
    this.tracking.partFlushed([...this.#clients.all()].filter(sees), this.running);
  }

  /** Keys (latin1) for which clients wait may give them something now; asked outside of any command. */
  serveSoon(node: NodeContext, keys: readonly string[]): void {
    if (!this.#anyBlocked) return;
    for (const key of keys) this.blocked.ready(key);
    if (!this.blocked.hasReady) return;
    this.#ports.timers.soon(() => {
      this.blocked.serve(node, node.copies?.shardMs() ?? Math.floor(this.#ports.clock.wallMs()));
      node.copies?.endUnit();
    });
  }

  ready(bytes: Uint8Array, start: number, length: number): void {
    if (this.#anyBlocked) this.blocked.ready(latin1(bytes, start, length));
  }

  /** Keys that go by themselves are known to the store only. */
  readonly #removals: RemovalListener = {
    removed: (reason, bytes, start, length) => {
      this.#tell(bytes, start, length, false);
      this.notify(reason === 'expired' ? 'x' : 'e', reason, bytes, start, length);
    },
  };

  readonly #onCreated = (ref: number): void => {
    const store = this.#store;
    store.open(ref);
    this.notify('n', 'new', store.entryBytes, store.keyStart, store.keyLength);
  };
}

function latin1(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
}
