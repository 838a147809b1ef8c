import type { ClientDirectory } from '../commands/services.ts';
import type { ClientSession } from './client-session.ts';
import type { Connection } from './connection.ts';

/** All connections of the node by their ids, oldest first. */
export class Clients implements ClientDirectory {
  readonly #connections = new Map<number, Connection>();
  #lastId = 0;

  get count(): number {
    return this.#connections.size;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  add(connection: Connection): void {
    this.#connections.set(connection.session.id, connection);
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection.session.id);
  }

  find(id: number): ClientSession | undefined {
    const session = this.#connections.get(id)?.session;
    return session?.closing === true ? undefined : session;
  }

  *all(): Iterable<ClientSession> {
    for (const connection of this.#connections.values()) yield connection.session;
  }

  connections(): IterableIterator<Connection> {
    return this.#connections.values();
  }
}
