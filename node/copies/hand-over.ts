import type { MemberEvent } from '../replication/effects.ts';
import type { Member } from '../replication/member.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { Region } from '../topology/region.ts';
import type { Replicator, ReplicatorOptions } from './contract.ts';

interface Leader {
  readonly member: Member;
  readonly leads: () => boolean;
  readonly stopped: () => boolean;
  readonly step: (event: MemberEvent) => void;
}

const againMs = 5;
/** A primary that answers does without a copy as soon as its Lease is written. */
const mostPartMs = 3_000;

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

/** Resolves when the primary does without this copy: it acknowledges until then, so that no write waits for it. Or when that takes too long, or nobody is there who could. */
export async function part({ clock, timers }: Ports, region: Pick<Region, 'part'>, copy: Pick<Replicator, 'counts'> | undefined): Promise<void> {
  if (copy?.counts() !== true || !region.part()) return;
  const untilMs = clock.monotonicMs() + mostPartMs;
  while (copy.counts() && clock.monotonicMs() < untilMs) await new Promise<void>((resolve) => timers.after(againMs, resolve));
}
