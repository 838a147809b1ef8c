import { isPortFree } from '../../../shared/io/free-port.ts';
import type { Random } from '../../../shared/ports/ports.ts';

/** Below the range from which systems take the ports of outgoing connections: a pod that restarts finds its port free again. */
const lowest = 10_240;
const highest = 19_999;
const mostTries = 2000;

/** Hands out loopback ports on which nobody listens, each only once, and none that is `kept` for something else. */
export function createPortPicker(random: Random, kept: (port: number) => boolean = () => false) {
  const taken = new Set<number>();
  const pickOne = (tries: number, done: (port: number | Error) => void): void => {
    if (tries > mostTries) return done(new Error(`no free port between ${lowest} and ${highest}`));
    const port = lowest + Math.floor(random.unit() * (highest - lowest + 1));
    if (taken.has(port) || kept(port)) return pickOne(tries + 1, done);
    taken.add(port);
    isPortFree(port, (free) => (free ? done(port) : pickOne(tries + 1, done)));
  };
  return {
    pick(count: number, done: (ports: readonly number[] | Error) => void): void {
      const picked: number[] = [];
      const next = (): void =>
        pickOne(0, (port) => {
          if (port instanceof Error) return done(port);
          picked.push(port);
          if (picked.length === count) done(picked);
          else next();
        });
      next();
    },
  };
}
