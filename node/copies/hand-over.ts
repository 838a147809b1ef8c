import type { MemberEvent } from '../replication/effects.ts';
import type { Member } from '../replication/member.ts';
import type { ReplicatorOptions } from './contract.ts';

interface Leader {
  readonly member: Member;
  readonly leads: () => boolean;
  readonly stopped: () => boolean;
  readonly step: (event: MemberEvent) => void;
}

const againMs = 5;

/** Resolves when this node leads no more, or false after `withinMs` or when nobody is there to lead (P13). */
export async function handOver({ ports, region, self }: ReplicatorOptions, { member, leads, stopped, step }: Leader, target: string | undefined, withinMs: number): Promise<boolean> {
  if (!leads() || member.sealed() !== undefined) return false;
  const now = (): number => ports.clock.monotonicMs();
  const untilMs = now() + withinMs;
  while (!stopped() && now() < untilMs && (leads() || member.state.config?.primary === self.pod)) {
    // Again where a copy did not keep up, or is not in sync yet.
    if (leads() && !member.isPausing()) step({ type: 'switchover', target });
    if (leads() && !member.isPausing() && !Array.from(region.members.others.values()).some(({ record }) => record.shard === self.shard && record.state === 'alive')) return false;
    await new Promise<void>((resolve) => ports.timers.after(againMs, resolve));
  }
  return !leads();
}
