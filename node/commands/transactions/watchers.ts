import type { ClientSession } from '../../server/client-session.ts';

/** Which clients watch which keys (latin1 strings). */
export class Watchers {
  readonly #byKey = new Map<string, Set<ClientSession>>();
  readonly #changed: () => void;

  /** `changed` is called when the first key comes or the last one goes. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get size(): number {
    return this.#byKey.size;
  }

  add(key: string, client: ClientSession): void {
    const clients = this.#byKey.get(key);
    if (clients === undefined) this.#byKey.set(key, new Set([client]));
    else clients.add(client);
    this.#changed();
  }

  forget(client: ClientSession): void {
    if (client.watched === undefined) return;
    for (const key of client.watched.keys()) {
      const clients = this.#byKey.get(key);
      clients?.delete(client);
      if (clients?.size === 0) this.#byKey.delete(key);
    }
    client.watched = undefined;
    this.#changed();
  }

  /** The key was written. */
  touched(key: string): void {
    for (const client of this.#byKey.get(key) ?? []) client.watchBroken = true;
  }

  /** As if each of these keys had been written. */
  touchedWhere(concerns: (key: string) => boolean): void {
    for (const key of this.#byKey.keys()) if (concerns(key)) this.touched(key);
  }

  /** Everything was flushed: that changes only keys that were there when they were first watched. */
  flushed(): void {
    for (const [key, clients] of this.#byKey) for (const client of clients) if (client.watched?.get(key) === true) client.watchBroken = true;
  }
}
