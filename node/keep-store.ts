import type { Ports } from '../shared/ports/ports.ts';
import type { NodeContext } from './commands/node-context.ts';
import type { Store } from './engine/store.ts';

const idlePeriodMs = 50;
/** About a millisecond; commands run between two slices. */
const workPerSlice = 4_000;

/** Runs the store's housekeeping (expiry, compaction, giving memory back) in slices beside the commands. Returns how to stop. */
export function keepStore(store: Store, { clock, timers }: Ports, context: () => Pick<NodeContext, 'copies' | 'tenants'> = () => ({})): () => void {
  let running = false;
  let stopped = false;
  const slice = (): void => {
    const { copies, tenants } = context();
    running = !stopped && store.housekeep(copies?.shardMs() ?? Math.floor(clock.wallMs()), workPerSlice);
    if (tenants?.attentive === true) tenants.settle();
    // What expired is a unit of its own (P15, P16).
    copies?.endUnit();
    if (running) timers.soon(slice);
  };
  const timer = timers.every(idlePeriodMs, () => {
    if (!running) slice();
  }, { keepAlive: false });
  return () => {
    stopped = true;
    timers.cancel(timer);
  };
}
