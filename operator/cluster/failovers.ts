import type { NodeStatus } from '../../shared/admin/contract.ts';
import { primaryOf } from '../actions/execute.ts';
import type { EventInput } from '../runtime/events.ts';
import { classify, regionOf, specOf, type Observed } from './observed.ts';
import { identityOf } from './intent.ts';

/** Another primary, or the same pod with nothing, leads a shard. */
export interface Failover {
  /** The shard's name, which is that of its Lease. */
  readonly shard: string;
  readonly region: string;
  readonly epoch: number;
  readonly from: string;
  readonly to: string;
  /** unknown: the new primary did not say in time. */
  readonly cause: NonNullable<NodeStatus['takeover']>['cause'] | 'unknown';
  /** How long nobody served, as the new primary measured it. */
  readonly outageMs?: number;
}

/** What was last seen of a Lease, by its UID. */
interface SeenLease {
  readonly epoch: number;
  readonly primary: string | undefined;
  /** Since when a higher epoch waits for its primary's account of it. */
  readonly openSinceMs?: number;
}

export type SeenLeases = ReadonlyMap<string, SeenLease>;

export interface Followed {
  readonly seen: SeenLeases;
  readonly failovers: readonly Failover[];
  /** A takeover is still to be told: its primary is to be asked soon. */
  readonly open: boolean;
}

/** A primary that does not answer for so long is not waited for. */
const accountPatienceMs = 20_000;

/** Compares the Leases with what was seen of them before; each takeover is told once, with what its new primary says about it. */
export function followLeases(before: SeenLeases, observed: Observed): Followed {
  const identity = identityOf(observed.cluster);
  const seen = new Map<string, SeenLease>();
  const failovers: Failover[] = [];
  for (const lease of observed.objects.values()) {
    const uid = lease.metadata.uid ?? '';
    if (lease.kind !== 'Lease' || classify(lease, identity).kind !== 'ours') continue;
    const now = { epoch: Number(specOf(lease).leaseTransitions ?? 0), primary: primaryOf(lease) };
    const known = before.get(uid);
    // A first primary takes over from nobody.
    if (known?.primary === undefined || now.epoch <= known.epoch) seen.set(uid, known !== undefined && now.epoch <= known.epoch ? { ...known, openSinceMs: undefined } : now);
    else {
      const openSinceMs = known.openSinceMs ?? observed.nowMs;
      const told = now.primary === undefined ? undefined : accountOf(observed, now.primary, now.epoch, observed.nowMs - openSinceMs);
      seen.set(uid, told === undefined ? { ...known, openSinceMs } : now);
      if (told !== undefined) failovers.push({ shard: lease.metadata.name, region: regionOf(lease) ?? '', epoch: now.epoch, from: known.primary, to: now.primary ?? '', ...told });
    }
  }
  return { seen, failovers, open: [...seen.values()].some(({ openSinceMs }) => openSinceMs !== undefined) };
}

function accountOf({ reports }: Observed, primary: string, epoch: number, openMs: number): Pick<Failover, 'cause' | 'outageMs'> | undefined {
  const takeover = reports.get(primary)?.takeover;
  // Nobody was to serve a shard that slept.
  if (takeover?.epoch === epoch) return takeover.cause === 'woken' ? { cause: 'woken' } : { cause: takeover.cause, outageMs: takeover.outageMs };
  return openMs >= accountPatienceMs ? { cause: 'unknown' } : undefined;
}

const reasons: Readonly<Record<Failover['cause'], { readonly type: EventInput['type']; readonly reason: string; readonly words: string }>> = {
  resigned: { type: 'Normal', reason: 'SwitchedOver', words: 'was handed over' },
  proof: { type: 'Warning', reason: 'FailedOver', words: 'was taken over: its primary was proved dead' },
  silence: { type: 'Warning', reason: 'FailedOver', words: 'was taken over: its primary was silent' },
  empty: { type: 'Warning', reason: 'ShardEmptied', words: 'came back empty: no copy of it was left' },
  woken: { type: 'Normal', reason: 'ShardWoken', words: 'is back with the snapshot that was kept of it' },
  unknown: { type: 'Warning', reason: 'FailedOver', words: 'was taken over; the new primary does not say why' },
};

export function eventOfFailover({ shard, epoch, from, to, cause, outageMs }: Failover): EventInput {
  const { type, reason, words } = reasons[cause];
  // A process that began with nothing knows its own age only.
  const outage = outageMs === undefined ? '' : `, nobody served for ${cause === 'empty' ? 'at least ' : ''}${(outageMs / 1000).toFixed(outageMs < 10_000 ? 2 : 0)} s`;
  return { type, reason, action: 'Lead', note: `shard ${shard} ${words}; ${from === to ? to : `${to} after ${from}`} leads since epoch ${epoch}${outage}`, about: `${shard}/${epoch}` };
}
