import type { Tracking, TrackingChange } from '../../commands/services.ts';
import type { ClientSession, TrackingState } from '../client-session.ts';
import { sendInvalidation } from './invalidation.ts';

/** Keys over a lowered limit that one turn forgets: each is a message. */
const trimmedPerTurn = 1_000;

/**
 * Client side caching: who has read which key (default mode), and who wants to hear of which prefixes (BCAST). Keys and prefixes are latin1 strings.
 * Invalidations of the client whose command is running leave behind its reply; those of prefixes once per turn.
 */
export class TrackingTable implements Tracking {
  readonly #readers = new Map<string, Set<number>>();
  readonly #prefixes = new Map<string, Set<ClientSession>>();
  /** Keys changed in this turn, by prefix, each with the client that changed it. */
  readonly #changedByPrefix = new Map<string, Map<string, ClientSession | undefined>>();
  /** Own invalidations of the running client. */
  #own: string[] = [];
  /** It flushed everything: told behind its reply too. */
  #ownFlush = false;
  #clients = 0;
  readonly #find: (id: number) => ClientSession | undefined;
  /** Whether one client may send what it is told to another. */
  readonly #mayReach: (client: ClientSession, target: ClientSession) => boolean;
  readonly #changed: () => void;
  /** tracking-table-max-keys; 0: no limit. */
  maxKeys = 1_000_000;

  constructor(find: (id: number) => ClientSession | undefined, mayReach: (client: ClientSession, target: ClientSession) => boolean, changed: () => void) {
    this.#find = find;
    this.#mayReach = mayReach;
    this.#changed = changed;
  }

  get clients(): number {
    return this.#clients;
  }

  get keys(): number {
    return this.#readers.size;
  }

  get items(): number {
    let count = 0;
    for (const readers of this.#readers.values()) count += readers.size;
    return count;
  }

  get prefixes(): number {
    return this.#prefixes.size;
  }

  enable(client: ClientSession, change: TrackingChange): void {
    if (client.tracking === undefined) this.#clients++;
    const prefixes = new Set(client.tracking?.prefixes);
    if (change.bcast) {
      for (const prefix of change.prefixes.length === 0 ? [''] : change.prefixes) {
        prefixes.add(prefix);
        const listeners = this.#prefixes.get(prefix);
        if (listeners === undefined) this.#prefixes.set(prefix, new Set([client]));
        else listeners.add(client);
      }
    }
    const state: TrackingState = { redirect: change.redirect, bcast: change.bcast, optin: change.optin, optout: change.optout, noloop: change.noloop, prefixes, caching: undefined, broken: false };
    client.tracking = state;
    this.#changed();
  }

  disable(client: ClientSession): void {
    if (client.tracking === undefined) return;
    for (const prefix of client.tracking.prefixes) {
      const listeners = this.#prefixes.get(prefix);
      listeners?.delete(client);
      if (listeners?.size === 0) this.#prefixes.delete(prefix);
    }
    client.tracking = undefined;
    this.#clients--;
    if (this.#clients === 0) this.#readers.clear();
    this.#changed();
  }

  /** The client has read the key. */
  remember(client: ClientSession, key: string): void {
    const readers = this.#readers.get(key);
    if (readers !== undefined) {
      readers.add(client.id);
      return;
    }
    this.#readers.set(key, new Set([client.id]));
    if (this.maxKeys > 0 && this.#readers.size > this.maxKeys) this.trim(1);
  }

  /** Forgets the oldest keys beyond the limit: their readers are told to drop them. */
  trim(steps: number): void {
    for (let i = 0; i < steps && this.maxKeys > 0 && this.#readers.size > this.maxKeys; i++) {
      const oldest = this.#readers.keys().next();
      if (oldest.done !== true) this.#invalidateReaders(oldest.value, undefined, false);
    }
  }

  /** The key was written by the client whose command is running (`isOwn`), or expired or was evicted meanwhile: then NOLOOP does not count. */
  changed(key: string, running: ClientSession | undefined, isOwn: boolean): void {
    this.#invalidateReaders(key, running, isOwn);
    const by = isOwn ? running : undefined;
    for (const [prefix] of this.#prefixes) {
      if (!key.startsWith(prefix)) continue;
      const keys = this.#changedByPrefix.get(prefix);
      if (keys === undefined) this.#changedByPrefix.set(prefix, new Map([[key, by]]));
      else keys.set(key, keys.has(key) && keys.get(key) !== by ? undefined : by);
    }
  }

  /** What concerns the running client itself leaves behind its reply. */
  #invalidateReaders(key: string, running: ClientSession | undefined, isOwn: boolean): void {
    const readers = this.#readers.get(key);
    if (readers === undefined) return;
    this.#readers.delete(key);
    for (const id of readers) {
      const client = this.#find(id);
      if (client?.tracking === undefined || client.tracking.bcast) continue;
      if (client !== running) this.#send(client, [key]);
      else if (!isOwn || !client.tracking.noloop) this.#own.push(key);
    }
  }

  /** Everything was flushed, by `running` where that is a client's command. */
  flushed(all: Iterable<ClientSession>, running: ClientSession | undefined): void {
    this.partFlushed(all, running);
    this.#readers.clear();
  }

  /** Some keys were flushed; these clients forget all that they have. What is known of readers stays: others go on with theirs. */
  partFlushed(concerned: Iterable<ClientSession>, running: ClientSession | undefined): void {
    for (const client of concerned) {
      if (client.tracking === undefined) continue;
      if (client === running) this.#ownFlush = true;
      else this.#send(client, undefined);
    }
  }

  /** After a command of the client. */
  afterCommand(client: ClientSession): void {
    if (this.#own.length > 0) {
      const keys = this.#own;
      this.#own = [];
      this.#send(client, keys);
    }
    if (!this.#ownFlush) return;
    this.#ownFlush = false;
    this.#send(client, undefined);
  }

  /** At the end of a turn: one message per prefix and client. */
  endOfTurn(): void {
    if (this.#readers.size > this.maxKeys) this.trim(trimmedPerTurn);
    if (this.#changedByPrefix.size === 0) return;
    for (const [prefix, changes] of this.#changedByPrefix) {
      for (const client of this.#prefixes.get(prefix) ?? []) {
        const keys = [...changes].filter(([, by]) => !(client.tracking?.noloop === true && by === client)).map(([key]) => key);
        if (keys.length > 0) this.#send(client, keys);
      }
    }
    this.#changedByPrefix.clear();
  }

  #send(client: ClientSession, keys: readonly string[] | undefined): void {
    const redirect = client.tracking?.redirect ?? 0;
    const target = redirect === 0 ? undefined : this.#find(redirect);
    sendInvalidation(client, target !== undefined && this.#mayReach(client, target) ? target : undefined, keys);
  }
}
