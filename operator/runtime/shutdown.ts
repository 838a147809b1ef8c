import type { Logger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';

export interface ShutdownStep {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

/**
 * Runs the steps in order (SIGTERM: controllers drain, events are written, the Lease is released, caches and connections
 * end), each even when an earlier one failed. False when they were not through within `withinMs`.
 */
export async function shutDown(steps: readonly ShutdownStep[], withinMs: number, { ports, log }: { readonly ports: Ports; readonly log: Logger }): Promise<boolean> {
  let under = 'nothing';
  const all = async (): Promise<boolean> => {
    for (const step of steps) {
      under = step.name;
      try {
        await step.run();
      } catch (error) {
        log.error('a step of the shutdown failed', { step: step.name, error });
      }
    }
    return true;
  };
  return await new Promise((resolve) => {
    const timer = ports.timers.after(withinMs, () => {
      log.error('the shutdown takes too long', { step: under, withinMs });
      resolve(false);
    });
    void all().then(() => {
      ports.timers.cancel(timer);
      resolve(true);
    });
  });
}
