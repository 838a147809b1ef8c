import type { Bus } from '../bus/bus.ts';
import type { Logger } from '../../shared/log/log.ts';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { Outdated } from '../tenants/dependents.ts';
import type { Invalidation } from '../tenants/invalidation.ts';
import type { Reached, TenantServices } from '../tenants/services.ts';
import type { MemberRecord } from '../topology/member.ts';
import type { ClusterView } from '../topology/view.ts';

const invalidateMethod = 'invalidate';
const outdatedMethod = 'outdated';
const dependMethod = 'depend';
/** A walk over a large store, beside clients. */
const invalidateTimeoutMs = 15_000;
const outdatedTimeoutMs = 2_000;
/** A shard that says nothing for so long serves nobody; it is told again with the next report. */
const announceMs = 1_000;
/** Outdated keys in one request. */
const mostAtOnce = 1_000;

export interface RegionInvalidationOptions {
  readonly log: Logger;
  readonly bus: Pick<Bus, 'connect'>;
  readonly services: TenantServices;
  readonly view: () => ClusterView;
  readonly recordOf: (pod: string) => MemberRecord | undefined;
  /** Data may be changed here: this node leads its shard. */
  readonly leads: () => boolean;
  /** Nothing may be changed: a snapshot of the shard is being kept. */
  readonly frozen: () => boolean;
}

/** Invalidations reach every primary of the region at once, and say which did not confirm. */
export function createRegionInvalidation({ log, bus, services, view, recordOf, leads, frozen }: RegionInvalidationOptions) {
  async function ask(shard: number, method: string, body: unknown, timeoutMs: number): Promise<unknown> {
    const primary = view().primaryOf(shard);
    const record = primary === undefined ? undefined : recordOf(primary.pod);
    if (record === undefined) throw new MeridianError('CLUSTER_DOWN');
    return (await bus.connect(record)).request(method, body, timeoutMs);
  }

  async function here(namespace: string, what: Invalidation): Promise<number> {
    if (!leads()) throw new MeridianError('CLUSTER_DOWN');
    if (frozen()) throw new MeridianError('HIBERNATING');
    const deleted = await services.invalidations.run(namespace, what);
    if (deleted === 'uncommitted') throw new MeridianError('NO_REPLICAS');
    return deleted;
  }

  async function everywhere(namespace: string, what: Invalidation): Promise<Reached> {
    const { self } = view();
    const shards = owningShards(view());
    // Who does not know who has the slots cannot say that nothing is left.
    if (shards.length === 0) return { deleted: 0, unreachable: [self.shard] };
    const results = await Promise.allSettled(
      shards.map(async (shard) => (shard === self.shard && leads() ? here(namespace, what) : Number(((await ask(shard, invalidateMethod, { namespace, what }, invalidateTimeoutMs)) as { readonly deleted?: unknown }).deleted))),
    );
    const deleted = results.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0), 0);
    const unreachable = shards.filter((_, i) => results[i].status === 'rejected');
    // Whoever published the message is not told otherwise.
    if (unreachable.length > 0) log.warn('an invalidation did not reach all shards', { namespace, kind: what.kind, shards: unreachable });
    return { deleted, unreachable };
  }

  /** Tells the other shards of keys on which something of theirs may depend. */
  function tellOutdated(outdated: readonly Outdated[]): void {
    const { self } = view();
    for (const shard of owningShards(view())) {
      if (shard === self.shard) continue;
      for (let at = 0; at < outdated.length; at += mostAtOnce) ask(shard, outdatedMethod, outdated.slice(at, at + mostAtOnce), outdatedTimeoutMs).catch(() => (services.dependents.lost += 1));
    }
  }

  /** Resolves when the primaries of all other shards know that something in the namespace depends on something, or do not answer. */
  async function announce(namespace: string): Promise<void> {
    const { self } = view();
    await Promise.allSettled(owningShards(view()).filter((shard) => shard !== self.shard).map((shard) => ask(shard, dependMethod, { namespace }, announceMs)));
  }

  /** What another node asks; undefined: not for this part. */
  function answer(method: string, body: unknown): Promise<unknown> | undefined {
    if (method === invalidateMethod) {
      const { namespace, what } = body as { readonly namespace: string; readonly what: Invalidation };
      return here(namespace, what).then((deleted) => ({ deleted }));
    }
    if (method === dependMethod) {
      services.dependents.heard((body as { readonly namespace: string }).namespace);
      return Promise.resolve(null);
    }
    if (method !== outdatedMethod) return undefined;
    if (leads()) {
      services.dependents.takeFrom(body as readonly Outdated[]);
      services.dependents.settle();
      services.log()?.endUnit();
    }
    return Promise.resolve(null);
  }

  return { everywhere, tellOutdated, announce, answer };
}

/** Shards that own slots, ascending. */
export function owningShards({ shardOfSlot }: ClusterView): readonly number[] {
  return [...new Set(shardOfSlot.filter((shard) => shard >= 0))].toSorted((a, b) => a - b);
}
