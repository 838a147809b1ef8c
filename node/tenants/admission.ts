import { redisErrorLine } from '../../shared/errors/meridian-error.ts';
import type { NamespaceRegistry } from './registry.ts';
import type { Tenant } from './tenant.ts';

/** Somebody whose requests are admitted one after the other: a connection. */
export interface TenantClient {
  /** Namespace of its last request; it counts as a connection of that. */
  tenant: Tenant | undefined;
  /** `insideAddress`: a client within the process, which is nobody's connection. */
  readonly address?: string;
}

const insideAddress = 'inside';

/** After so long a connection may have become free. */
const connectionRetryMs = 1_000;

/** After so long a shard that stood still has its part of rates again. */
const lapsedRetryMs = 200;

/** Lets requests in as far as this node's part of the quotas goes. No timers, no allocation: buckets are filled by the clock of the turn. */
export class Admission {
  /** Monotonic clock of this turn. */
  nowMs = 0;
  readonly #registry: NamespaceRegistry;

  constructor(registry: NamespaceRegistry) {
    this.#registry = registry;
  }

  /** Counts a request about `operations` keys, of which the one at `start` says the namespace. Undefined: it may run; else the error line. */
  admit(client: TenantClient, bytes: Uint8Array, start: number, length: number, operations: number): string | undefined {
    const tenant = this.#registry.tenantFor(client.tenant, bytes, start, length);
    if (tenant !== client.tenant) {
      const refusal = this.enter(client, tenant);
      if (refusal !== undefined) return refusal;
    }
    return this.take(tenant, operations);
  }

  /** Takes so many operations from the quota of the client's namespace. */
  take(tenant: Tenant, operations: number): string | undefined {
    if (tenant.metered) {
      const refusal = this.#refusalOf(tenant, operations);
      if (refusal !== undefined) return refusal;
      tenant.operations.tokens -= operations;
    }
    tenant.requests += operations;
    return undefined;
  }

  #refusalOf(tenant: Tenant, operations: number): string | undefined {
    const { operations: bucket, egress } = tenant;
    // It stood still, and the others may have taken its part for free; it is told what it has with the next reports.
    if (this.nowMs > this.#registry.ratesHoldUntilMs && bucket.limited) return throttle(tenant, 'operations', lapsedRetryMs);
    bucket.refill(this.nowMs);
    if (!bucket.has(operations)) {
      tenant.refusedOperations += operations;
      return throttle(tenant, 'operations', bucket.waitMs(operations));
    }
    return egress.limited ? this.refusalOfEgress(tenant) : undefined;
  }

  /** Undefined: an answer may leave. */
  refusalOfEgress(tenant: Tenant): string | undefined {
    const { egress } = tenant;
    if (this.nowMs > this.#registry.ratesHoldUntilMs) return throttle(tenant, 'egress', lapsedRetryMs);
    egress.refill(this.nowMs);
    if (egress.tokens > 0) return undefined;
    tenant.refusedEgressBytes += tenant.requests === 0 ? 0 : tenant.egressBytes / tenant.requests;
    return throttle(tenant, 'egress', egress.waitMs(0));
  }

  /** False: a publication does not go to the listeners of this node. */
  mayPush(tenant: Tenant, bytes: number): boolean {
    const { egress } = tenant;
    egress.refill(this.nowMs);
    if (egress.tokens > 0 && this.nowMs <= this.#registry.ratesHoldUntilMs) return true;
    tenant.refusedEgressBytes += bytes;
    tenant.throttled++;
    return false;
  }

  /** A request that is about to run commands: its connection, and whether its answer may leave. */
  enterOver(client: TenantClient, tenant: Tenant): string | undefined {
    const refusal = tenant === client.tenant ? undefined : this.enter(client, tenant);
    if (refusal !== undefined) return refusal;
    return tenant.egress.limited ? this.refusalOfEgress(tenant) : undefined;
  }

  /** A reply of so many bytes leaves: what is taken beyond the quota is paid back before the next request runs. */
  answered(tenant: Tenant, bytes: number): void {
    tenant.egressBytes += bytes;
    if (tenant.egress.limited) tenant.egress.tokens -= bytes;
  }

  /** The client counts as a connection of this namespace from now on, if that may have one more. */
  enter(client: TenantClient, tenant: Tenant): string | undefined {
    const counts = client.address !== insideAddress;
    if (counts && tenant.connections >= tenant.parts.connections) {
      tenant.connectionsRefused++;
      return throttle(tenant, 'connections', connectionRetryMs);
    }
    this.leave(client);
    client.tenant = tenant;
    if (counts) tenant.connections++;
    return undefined;
  }

  leave(client: TenantClient): void {
    if (client.tenant !== undefined && client.address !== insideAddress) client.tenant.connections--;
    client.tenant = undefined;
  }
}

function throttle(tenant: Tenant, quota: string, retryMs: number): string {
  tenant.throttled++;
  if (tenant.refusal.retryMs !== retryMs || tenant.refusal.quota !== quota) tenant.refusal = { quota, retryMs, line: redisErrorLine('QUOTA_RATE', { quota, namespace: tenant.name, retryMs }) };
  return tenant.refusal.line;
}
