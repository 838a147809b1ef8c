import type { Ports } from '../shared/ports/ports.ts';
import type { NodeContext } from './commands/node-context.ts';
import type { Store } from './engine/store.ts';

const idlePeriodMs = 50;
/** A slice is as short as that where clients have little to do, so that one request waits for little more, and takes its share of the time where they keep the node busy. */
const leastSliceMs = 0.06;
const mostSliceMs = 1;
const shareOfTurn = 0.25;
/** About a twentieth of a millisecond. */
const workPerStep = 200;
const mostSteps = 20;

/** Runs the store's housekeeping (expiry, compaction, giving memory back) in slices between the commands. Returns how to stop. */
export function keepStore(store: Store, { clock, timers }: Ports, context: () => Pick<NodeContext, 'copies' | 'tenants'> = () => ({})): () => void {
  let running = false;
  let stopped = false;
  let endedMs = 0;
  const slice = (): void => {
    const { copies, tenants } = context();
    const startMs = clock.monotonicMs();
    const turnMs = running ? startMs - endedMs : 0;
    const untilMs = startMs + Math.min(mostSliceMs, Math.max(leastSliceMs, turnMs * shareOfTurn));
    const shardMs = copies?.shardMs() ?? Math.floor(clock.wallMs());
    running = !stopped;
    for (let step = 0; running && step < mostSteps && (step === 0 || clock.monotonicMs() < untilMs); step++) running = store.housekeep(shardMs, workPerStep);
    endedMs = clock.monotonicMs();
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
