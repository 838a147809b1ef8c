import type { NamespaceSettings, NamespacesDocument } from '../../shared/namespaces/document.ts';
import { StoreDriver } from '../engine/store-driver.ts';
import type { StoreOptions } from '../engine/store.ts';
import type { PolicyName } from '../eviction/policy.ts';
import { NamespaceRegistry } from './registry.ts';

/** A namespace that asks for nothing but what is given. */
export function settingsFor(name: string, given: Partial<NamespaceSettings> = {}): NamespaceSettings {
  return { name, uid: `uid-${name}`, tenant: 'team', consistency: 'eventual', ttlJitterPercent: 0, slidingExpiry: false, maxValueBytes: 1024 * 1024, quota: {}, trackAccess: false, access: [], ...given };
}

/** A store driven by strings, with namespaces and a clock of its own. */
export class TenantDriver extends StoreDriver {
  readonly registry: NamespaceRegistry;
  readonly clock = { wallMs: (): number => this.nowMs, monotonicMs: (): number => this.nowMs };
  /** Others of its shard. */
  copies = 0;
  #revision = 0;

  constructor(options: Partial<StoreOptions> = {}, policy: PolicyName = 'allkeys-lru', shards = 1, place = 0, leads = true) {
    super(options);
    this.store.setPolicy(policy);
    this.registry = new NamespaceRegistry({ store: this.store, clock: this.clock, shards: () => ({ count: shards, place, leads, copies: this.copies }) });
  }

  apply(namespaces: readonly NamespaceSettings[], retired: NamespacesDocument['retired'] = []): void {
    this.#revision += 1;
    this.registry.apply({ formatVersion: 1, revision: this.#revision, namespaces: [...namespaces], retired });
  }

  put(key: string, bytes = 10, expireAtMs = 0): boolean {
    return this.set(key, new Uint8Array(bytes), expireAtMs);
  }

  /** All that can be done in the background. */
  settle(): void {
    for (let i = 0; i < 10_000 && this.store.housekeep(this.nowMs, 100_000); i++);
  }

  keysOf(name: string): number {
    return this.registry.keyCount(name);
  }
}
