import type { Rng } from './rng.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * A network of ordered, reliable connections (TCP as a program sees it): bytes of one connection arrive in order or not at all. A blocked
 * direction swallows silently, as a dropped route does; whoever waits must time out. Cutting a connection tells the ends that are still
 * reachable. Hosts are process ids of the simulation.
 */
export interface LinkState {
  /** Swallows everything from the first host to the second. */
  blocked: boolean;
  /** Added to each delivery, milliseconds. */
  extraDelayMs: number;
  /** Swallows units and their acknowledgements only: heartbeats pass (a half-open data path). */
  dataBlocked: boolean;
  /** Probability that a message breaks its connection (both ends see it closed). */
  breakChance: number;
}

export interface Connection {
  send(message: Uint8Array): void;
  close(): void;
}

export interface Listener {
  /** A peer connected; returns what to do with what comes from it. */
  accept(connection: Connection): ConnectionHandlers;
}

export interface ConnectionHandlers {
  message(bytes: Uint8Array): void;
  closed(): void;
}

const baseDelayMs = 0.2;

export function createNetwork(world: Scheduler, rng: Rng) {
  const listeners = new Map<string, Listener>();
  const links = new Map<string, LinkState>();
  const open = new Set<{ readonly a: string; readonly b: string; readonly cut: () => void }>();

  const link = (from: string, to: string): LinkState => {
    const key = `${from}>${to}`;
    let state = links.get(key);
    if (state === undefined) links.set(key, (state = { blocked: false, dataBlocked: false, extraDelayMs: 0, breakChance: 0 }));
    return state;
  };

  const deliver = (from: string, to: string, notBeforeMs: number, run: () => void): number => {
    const delayMs = baseDelayMs + rng.unit() * baseDelayMs + link(from, to).extraDelayMs * rng.unit();
    const atMs = Math.max(world.nowMs() + delayMs, notBeforeMs);
    world.at(atMs, run);
    return atMs;
  };

  /** Connects; `handlers` of a connection that cannot be made are closed after a while (refused at once when nobody listens and the link works). */
  const connect = (from: string, to: string, opened: (connection: Connection) => ConnectionHandlers, failed: (reason: 'refused' | 'timeout') => void): void => {
    const reachable = !link(from, to).blocked && !link(to, from).blocked;
    if (!reachable) {
      world.at(world.nowMs() + 1_000, () => failed('timeout'));
      return;
    }
    deliver(from, to, 0, () => {
      const listener = listeners.get(to);
      if (listener === undefined) {
        deliver(to, from, 0, () => failed('refused'));
        return;
      }
      let isOpen = true;
      const ends: { handlers?: ConnectionHandlers; lastMs: number }[] = [{ lastMs: 0 }, { lastMs: 0 }];
      const hosts = [from, to] as const;
      const record = {
        a: from,
        b: to,
        cut: () => {
          if (!isOpen) return;
          isOpen = false;
          open.delete(record);
          for (const end of [0, 1]) if (!link(hosts[1 - end], hosts[end]).blocked) world.at(world.nowMs() + baseDelayMs, () => ends[end].handlers?.closed());
        },
      };
      open.add(record);
      const half = (self: 0 | 1): Connection => ({
        send(message) {
          if (!isOpen) return;
          const [source, target] = [hosts[self], hosts[1 - self]];
          const state = link(source, target);
          if (state.blocked) return;
          if (rng.chance(state.breakChance)) {
            record.cut();
            return;
          }
          const other = ends[1 - self];
          const copy = message.slice();
          other.lastMs = deliver(source, target, other.lastMs, () => {
            if (isOpen && !link(source, target).blocked) other.handlers?.message(copy);
          });
        },
        close: () => record.cut(),
      });
      ends[1].handlers = listener.accept(half(1));
      deliver(to, from, 0, () => {
        ends[0].handlers = opened(half(0));
        if (!isOpen) ends[0].handlers.closed();
      });
    });
  };

  const down = new Set<string>();
  return {
    connect,
    /** Hosts whose process is gone. */
    isDown: (host: string): boolean => down.has(host),
    down: (host: string): void => void down.add(host),
    up: (host: string): void => void down.delete(host),
    unblock(from: string, to: string): void {
      link(from, to).blocked = false;
      link(to, from).blocked = false;
    },
    link,
    listen: (host: string, listener: Listener): void => void listeners.set(host, listener),
    /** The process is gone: its listener and connections vanish (the kernel answers for it: peers see resets). */
    drop(host: string): void {
      listeners.delete(host);
      for (const one of [...open]) if (one.a === host || one.b === host) one.cut();
    },
    /** Blocks both ways, or only from `from` to `to`. */
    block(from: string, to: string, oneWay = false): void {
      link(from, to).blocked = true;
      if (!oneWay) link(to, from).blocked = true;
    },
    healAll(): void {
      for (const state of links.values()) Object.assign(state, { blocked: false, dataBlocked: false, extraDelayMs: 0, breakChance: 0 });
    },
  };
}
