import type { Ports } from '../../../shared/ports/ports.ts';

/**
 * Keys to look at again, each once however often it was asked for, after the turn that asked. A controller's work is done at
 * once and reads the store itself, so nothing it sees is stale.
 */
export function createKeyQueue(ports: Ports, work: (key: string) => void) {
  const waiting = new Set<string>();
  let scheduled = false;
  let stopped = false;
  const run = (): void => {
    scheduled = false;
    const keys = [...waiting];
    waiting.clear();
    for (const key of keys) if (!stopped) work(key);
  };
  return {
    add(key: string): void {
      waiting.add(key);
      if (scheduled || stopped) return;
      scheduled = true;
      ports.timers.soon(run);
    },
    stop: (): void => void (stopped = true),
  };
}

/** Something that runs beside the API server until it is stopped. */
export interface Controller {
  stop(): void;
}
