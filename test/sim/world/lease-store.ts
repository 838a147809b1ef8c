import type { ShardConfig } from '../../../node/replication/config.ts';
import type { Rng } from './rng.ts';
import type { Scheduler } from './scheduler.ts';

/** One shard's Lease in a simulated API server: linearizable, but requests fail, answers get lost, and requests may arrive late. */
export interface LeaseFaults {
  /** No request gets through. */
  away: boolean;
  /** Hosts that cannot reach it. */
  readonly cutOff: Set<string>;
  lostAnswerChance: number;
  lostRequestChance: number;
  extraDelayMs: number;
  /** A script's hand on single requests: added to the way there or back, milliseconds. */
  hold: ((host: string, kind: 'read' | 'swap', way: 'there' | 'back') => number) | undefined;
}

const answerTimeoutMs = 400;

export function createLeaseStore(world: Scheduler, rng: Rng) {
  let current: ShardConfig = { resourceVersion: '1', leaseUid: 'lease-1', epoch: 0, revision: 0, primary: undefined, isr: [], incarnations: {}, podUids: {}, witness: undefined, nonce: '' };
  let version = 1;
  const history: ShardConfig[] = [current];
  const faults: LeaseFaults = { away: false, cutOff: new Set(), lostAnswerChance: 0, lostRequestChance: 0, extraDelayMs: 0, hold: undefined };
  const delay = (): number => 1 + rng.unit() * 4 + rng.unit() * faults.extraDelayMs;
  const reaches = (host: string): boolean => !faults.away && !faults.cutOff.has(host);

  /** One request: carried out when it arrives; the answer, when it gets through, comes back; else the caller's time-out does. */
  const request = <T>(host: string, kind: 'read' | 'swap', act: () => T, answer: (result: T | undefined) => void): void => {
    let answered = false;
    const once = (result: T | undefined): void => {
      if (answered) return;
      answered = true;
      answer(result);
    };
    world.at(world.nowMs() + answerTimeoutMs, () => once(undefined));
    if (!reaches(host) || rng.chance(faults.lostRequestChance)) return;
    world.at(world.nowMs() + delay() + (faults.hold?.(host, kind, 'there') ?? 0), () => {
      const result = act();
      if (!reaches(host) || rng.chance(faults.lostAnswerChance)) return;
      world.at(world.nowMs() + delay() + (faults.hold?.(host, kind, 'back') ?? 0), () => once(result));
    });
  };

  return {
    faults,
    history,
    current: () => current,
    read: (host: string, answer: (config: ShardConfig | undefined) => void): void => request(host, 'read', () => current, answer),
    /** undefined: the answer was lost. */
    swap(host: string, wanted: ShardConfig, answer: (result: ShardConfig | 'conflict' | undefined) => void): void {
      request<ShardConfig | 'conflict'>(
        host,
        'swap',
        () => {
          if (wanted.resourceVersion !== current.resourceVersion) return 'conflict';
          version += 1;
          current = { ...wanted, resourceVersion: `${version}` };
          history.push(current);
          return current;
        },
        answer,
      );
    },
  };
}

export type LeaseStore = ReturnType<typeof createLeaseStore>;
