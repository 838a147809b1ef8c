import type { ShardConfig } from '../replication/config.ts';
import type { MemberEvent } from '../replication/effects.ts';
import type { ReplicatorOptions } from './contract.ts';
import { provedDead } from './proof-of-death.ts';

/** What a member asks of the world outside and is answered later: the Lease (B3), and proofs of death (B2). */
export function createErrands({ ports, log, bus, region, lease, settings }: ReplicatorOptions, leads: () => boolean, step: (event: MemberEvent) => void) {
  const [left, parting] = [new Set<string>(), new Set<string>()];
  return {
    /** A copy that ends in good order says so when it obeys nobody any more: its primary need not wait for its silence, and neither need writes. */
    seeWhoLeft(config: ShardConfig | undefined): void {
      if (config === undefined || !leads()) return;
      for (const member of config.isr) {
        const record = region.members.others.get(member)?.record;
        if (record === undefined || record.incarnation !== config.incarnations[member]) continue;
        if (record.parting === true && !parting.has(record.incarnation)) {
          parting.add(record.incarnation);
          step({ type: 'parting', incarnation: record.incarnation });
        }
        if (record.state !== 'left' || left.has(record.incarnation)) continue;
        left.add(record.incarnation);
        step({ type: 'proof-of-death', member, incarnation: record.incarnation });
      }
    },
    async readLease(request: number): Promise<void> {
      try {
        const sight = await lease.read();
        if (sight.kind === 'nonsense') {
          log.warn('the Lease of the shard makes no sense', { reason: sight.reason });
          if (!leads()) region.follow(undefined, 'waiting', `the Lease makes no sense: ${sight.reason}`);
          return step({ type: 'lease-nonsense', request, resourceVersion: sight.resourceVersion, leaseUid: sight.leaseUid });
        }
        return step({ type: 'lease-read', request, config: sight.kind === 'config' ? sight.config : undefined });
      } catch (error) {
        log.warn('the Lease of the shard could not be read', { error: error instanceof Error ? error.message : String(error) });
        return step({ type: 'lease-failed', request });
      }
    },
    async swap(id: number, config: ShardConfig): Promise<void> {
      const result = await lease.write(config);
      step(result.outcome === 'ok' ? { type: 'cas-result', id, outcome: 'ok', config: result.config } : { type: 'cas-result', id, outcome: result.outcome });
    },
    async probe(pod: string, incarnation: string): Promise<void> {
      const record = region.members.others.get(pod)?.record;
      if (!settings().fastFailover || record === undefined || record.incarnation !== incarnation) return;
      const others = Array.from(region.members.others.values(), (other) => other.record).filter((other) => other.pod !== pod && other.state === 'alive');
      if (await provedDead(ports.timers, bus, record, others)) step({ type: 'proof-of-death', member: pod, incarnation });
    },
  };
}
