import type { NamespaceFigures, NamespaceSettings, NamespacesDocument } from '../../shared/namespaces/document.ts';
import type { Clock } from '../../shared/ports/ports.ts';
import { namespaceMask } from '../engine/entry-layout.ts';
import { namespaceFlag, type Namespaces } from '../engine/namespaces.ts';
import type { Store } from '../engine/store.ts';
import { policyNames, type PolicyName } from '../eviction/policy.ts';
import { AccessTable } from './access-table.ts';
import { cappedExpiry, defaultLifeMs, expiryOfWrite } from './lifetimes.ts';
import { NameTable } from './name-table.ts';
import { NamespaceIds } from './namespace-ids.ts';
import { evenPartOf, trustedPartOf } from './quota-split.ts';
import { defaultName, Tenant, type QuotaParts } from './tenant.ts';

const idCount = namespaceMask + 1;
/** A renewal of a sliding expiry is written down only when so much of the life has gone: reads stay reads. */
const renewedShare = 0.1;

export interface RegistryOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Shards of the region that own slots, and which of them, counted from 0, this node's is: how quotas are split before their use is known. `copies`: others of its shard. */
  readonly shards: () => { readonly count: number; readonly place: number; readonly leads: boolean; readonly copies: number };
}

/**
 * The namespaces in force on a node, and their entries' ids in its store. The store asks it about keys (`Namespaces`) from the first namespace on; before that neither
 * knows of the other, and nothing costs anything.
 */
export class NamespaceRegistry implements Namespaces {
  readonly flags: Uint8Array = new Uint8Array(idCount);
  readonly hits: Float64Array = new Float64Array(idCount);
  readonly misses: Float64Array = new Float64Array(idCount);
  readonly expired: Float64Array = new Float64Array(idCount);
  readonly evicted: Float64Array = new Float64Array(idCount);
  readonly limitBytes: Float64Array = new Float64Array(idCount).fill(Infinity);
  readonly limitKeys: Float64Array = new Float64Array(idCount).fill(Infinity);
  readonly shareBytes: Float64Array = new Float64Array(idCount);
  readonly maxValueBytes: Float64Array = new Float64Array(idCount).fill(Infinity);
  readonly staleMs: Float64Array = new Float64Array(idCount);
  readonly pressureBytes: Float64Array = new Float64Array(idCount);
  readonly pressureKeys: Float64Array = new Float64Array(idCount);
  /** Of the document in force; 0: none yet. */
  revision = 0;
  /** Monotonic time until which this node's parts of rates are its own: later others may use them. */
  ratesHoldUntilMs: number = Infinity;
  /** Some namespace is in force. */
  active = false;
  /** Some namespace says itself when its writes are acknowledged. */
  namesAcknowledge = false;
  /** Called when `active` may have changed. */
  onActive: () => void = () => undefined;
  /** What tracked namespaces know of their keys. */
  readonly access = new AccessTable();
  /** Called when all keys of a namespace are about to go. */
  onFlush: (tenant: Tenant) => void = () => undefined;
  readonly #store: Store;
  readonly #options: RegistryOptions;
  readonly #ids: NamespaceIds;
  readonly #default = new Tenant(defaultName, '', 0, false);
  readonly #names = new NameTable(this.#default);
  readonly #byId: (Tenant | undefined)[] = [this.#default];
  /** Went with their keys to be flushed; a copy that does not lead waits for its primary's word. */
  #leaving: Tenant[] = [];
  /** Namespaces that were flushed when they went, by uid. */
  readonly #flushedForGood = new Set<string>();
  // --- entries being given their ids
  unsettled = false;
  flushedUnsettled = false;
  #settleCursor = 0;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#ids = new NamespaceIds(options.store);
  }

  // ------------------------------------------------------------------ look-ups

  tenantOf(bytes: Uint8Array, start: number, length: number): Tenant {
    return this.#names.find(bytes, start, length);
  }

  /** As `tenantOf`, with a guess. */
  tenantFor(guess: Tenant | undefined, bytes: Uint8Array, start: number, length: number): Tenant {
    return this.#names.find(bytes, start, length, guess);
  }

  idOf(bytes: Uint8Array, start: number, length: number): number {
    return this.#names.find(bytes, start, length).id;
  }

  /** In force, by its wire name; `default` is the cluster's own, for keys without the prefix of another. */
  byName(name: string): Tenant | undefined {
    return this.#names.get(name);
  }

  /** In force, without the default namespace. */
  tenants(): IterableIterator<Tenant> {
    return this.#names.values();
  }

  /** Those of the document; a copy knows others by name only, until it has the document in which they are. */
  #ofDocument(): readonly Tenant[] {
    return [...this.tenants()].filter(({ settings }) => settings !== undefined);
  }

  keyCount(name: string): number {
    const tenant = this.byName(name);
    if (tenant === undefined) return 0;
    return this.#store.namespaces === undefined ? this.#store.entryCount : this.#store.namespaceKeys[tenant.id];
  }

  /** Its writes wait for no copy (P7). `byDefault`: the cluster's do not. */
  acknowledgesAlone(tenant: Tenant, byDefault: boolean): boolean {
    const own = tenant.settings?.acknowledge;
    return own === undefined ? byDefault : own === 'primary';
  }

  /** The writes of no namespace wait for copies. */
  allAcknowledgeAlone(byDefault: boolean): boolean {
    if (!byDefault || !this.namesAcknowledge) return byDefault;
    for (const tenant of this.tenants()) if (!this.acknowledgesAlone(tenant, byDefault)) return false;
    return true;
  }

  figures(): readonly NamespaceFigures[] {
    return this.#ofDocument().map((tenant) => this.figuresOf(tenant));
  }

  /** The figures, and what only metrics show. */
  measured(): readonly (NamespaceFigures & { readonly requests: number; readonly egressBytes: number; readonly connections: number })[] {
    return this.#ofDocument().map((tenant) => ({ ...this.figuresOf(tenant), requests: tenant.requests, egressBytes: tenant.egressBytes, connections: tenant.connections }));
  }

  figuresOf(tenant: Tenant): NamespaceFigures {
    const { id } = tenant;
    const store = this.#store;
    const counted = store.namespaces !== undefined;
    return {
      name: tenant.name,
      uid: tenant.uid,
      keys: this.keyCount(tenant.name),
      memoryBytes: counted ? store.chargedBytes(id) : store.usedBytes,
      hits: counted ? this.hits[id] : store.hits,
      misses: counted ? this.misses[id] : store.misses,
      evictions: counted ? this.evicted[id] : store.evictedKeys,
      expirations: counted ? this.expired[id] : store.expiredKeys,
      throttled: tenant.throttled,
    };
  }

  // ------------------------------------------------------------------ what the operator says

  /** Takes a document with a higher revision than any before. */
  apply(document: NamespacesDocument): void {
    this.revision = document.revision;
    const wanted = new Map(document.namespaces.map((settings) => [settings.name, settings]));
    const retired = new Set(document.retired.map(({ uid }) => uid));
    for (const tenant of [...this.tenants()]) {
      const settings = wanted.get(tenant.name);
      if (settings !== undefined && (settings.uid === tenant.uid || !retired.has(tenant.uid))) continue;
      this.#take(tenant, retired.has(tenant.uid));
    }
    for (const settings of document.namespaces) this.#bring(settings);
    this.active = this.#names.size > 0;
    this.namesAcknowledge = document.namespaces.some(({ acknowledge }) => acknowledge !== undefined);
    this.onActive();
    for (const uid of this.#flushedForGood) if (!retired.has(uid)) this.#flushedForGood.delete(uid);
    this.flushLeaving();
  }

  /** Puts a namespace in force, or changes what it asks for. */
  #bring(settings: NamespaceSettings): void {
    this.#install();
    let tenant = this.#names.get(settings.name);
    if (tenant === undefined || tenant === this.#default) {
      tenant = new Tenant(settings.name, settings.uid, this.#ids.take());
      this.#byId[tenant.id] = tenant;
      this.#names.set(tenant);
      this.#unsettle();
    }
    const sameQuota = JSON.stringify(tenant.settings?.quota) === JSON.stringify(settings.quota);
    tenant.uid = settings.uid;
    tenant.settings = settings;
    tenant.lifetimes = { defaultMs: settings.defaultTtlMs ?? 0, maxMs: settings.maxTtlMs ?? 0, jitterPercent: settings.ttlJitterPercent };
    this.#store.setNamespacePolicy(tenant.id, policyOf(settings.eviction));
    this.#obey(tenant);
    if (sameQuota) return;
    const { leads, copies } = this.#options.shards();
    const even = evenParts(settings, this.#options.shards());
    const trusted = this.trustedParts(tenant);
    const part = (kind: 'operations' | 'egressBytes' | 'connections'): number => {
      if (even[kind] === Infinity) return Infinity;
      if (leads) return even[kind] - copies * trusted[kind];
      return tenant.parts[kind] === Infinity ? trusted[kind] : Math.min(even[kind], tenant.parts[kind]);
    };
    this.setParts(tenant, { ...even, operations: part('operations'), egressBytes: part('egressBytes'), connections: part('connections') });
  }

  /** Takes a namespace out of force: its keys are the default namespace's from now on, or go. */
  #take(tenant: Tenant, withKeys: boolean): void {
    this.#names.delete(tenant.name);
    tenant.settings = undefined;
    if (withKeys) this.#leaving.push(tenant);
    else this.#unsettle();
  }

  /** Flushes what namespaces left behind, on the node that leads. */
  flushLeaving(): void {
    if (this.#store.replica || this.#leaving.length === 0) return;
    const gone = this.#leaving;
    this.#leaving = [];
    for (const tenant of gone) {
      this.onFlush(tenant);
      this.#store.forgetNamespace(tenant.id);
      this.#flushedForGood.add(tenant.uid);
      this.#store.tellNamespaceFlushed(tenant.name, tenant.uid);
    }
  }

  // ------------------------------------------------------------------ flush

  /** All keys of the namespace go at once, however many there are; answers about how many they were. */
  flush(name: string): number {
    const tenant = this.byName(name);
    if (tenant === undefined) return 0;
    this.#install();
    const count = this.keyCount(name);
    this.onFlush(tenant);
    this.#forget(tenant);
    this.#store.tellNamespaceFlushed(tenant.name, tenant.uid);
    return count;
  }

  /** The primary flushed a namespace that this copy knows by its uid, by its name, or not at all yet. */
  followFlush(name: string, uid: string): void {
    this.#install();
    const leaving = uid === '' ? undefined : this.#leaving.find((tenant) => tenant.uid === uid);
    if (leaving !== undefined) {
      this.#leaving = this.#leaving.filter((tenant) => tenant !== leaving);
      this.#flushedForGood.add(uid);
      this.#store.forgetNamespace(leaving.id);
      return;
    }
    let tenant = this.byName(name);
    if (tenant === undefined) {
      tenant = new Tenant(name, uid, this.#ids.take());
      this.#byId[tenant.id] = tenant;
      this.#names.set(tenant);
      this.#unsettle();
    }
    this.#forget(tenant);
  }

  #forget(tenant: Tenant): void {
    const store = this.#store;
    const old = tenant.id;
    if (store.namespaceKeys[old] > 0) {
      tenant.id = this.#ids.take();
      this.#byId[tenant.id] = tenant;
      this.#ids.leave(old);
      this.#move(old, tenant.id);
      store.setNamespacePolicy(tenant.id, policyOf(tenant.settings?.eviction));
      this.#obey(tenant);
      store.forgetNamespace(old);
    }
    if (!this.unsettled) return;
    tenant.flushedUnsettled = true;
    this.flushedUnsettled = true;
    store.lookForFlushed(true);
  }

  /** Counters and limits go with the name, not with the id. */
  #move(from: number, to: number): void {
    for (const array of [this.flags, this.hits, this.misses, this.expired, this.evicted, this.limitBytes, this.limitKeys, this.shareBytes, this.maxValueBytes, this.staleMs, this.pressureBytes, this.pressureKeys]) array[to] = array[from];
    for (const array of [this.hits, this.misses, this.expired, this.evicted, this.shareBytes, this.flags]) array[from] = 0;
  }

  /** A write of the namespace was refused for its quota; answers the name. */
  refuse(id: number): string {
    const tenant = this.#byId[id] ?? this.#default;
    tenant.throttled++;
    return tenant.name;
  }

  // ------------------------------------------------------------------ rules

  expiryFor(id: number, expireAtMs: number, nowMs: number, hash: number): number {
    const tenant = this.#byId[id];
    return tenant === undefined ? expireAtMs : expiryOfWrite(tenant.lifetimes, expireAtMs, nowMs, hash);
  }

  capFor(id: number, expireAtMs: number, nowMs: number): number {
    const tenant = this.#byId[id];
    return tenant === undefined ? expireAtMs : cappedExpiry(tenant.lifetimes, expireAtMs, nowMs);
  }

  used(id: number, ref: number, slot: number, hash: number, nowMs: number): void {
    if ((this.flags[id] & namespaceFlag.tracked) !== 0) this.access.read(slot, hash, nowMs);
    const tenant = this.#byId[id];
    if (tenant === undefined || (this.flags[id] & namespaceFlag.sliding) === 0) return;
    const store = this.#store;
    const expireAtMs = store.expiryOf(ref);
    if (expireAtMs === 0 || store.hasOwnLife(ref) || store.replica) return;
    const life = defaultLifeMs(tenant.lifetimes, nowMs, hash);
    if (nowMs + life - expireAtMs >= life * renewedShare) store.renew(ref, nowMs + life);
  }

  created(_id: number, slot: number, hash: number, nowMs: number): void {
    this.access.created(slot, hash, nowMs);
  }

  /** What a copy that does not lead has before it has heard of its primary. */
  trustedParts({ settings }: Tenant): Pick<QuotaParts, 'operations' | 'egressBytes' | 'connections'> {
    const shards = this.#options.shards();
    if (settings === undefined) return { operations: Infinity, egressBytes: Infinity, connections: Infinity };
    const { operations, egressBytes, connections } = evenParts(settings, shards);
    const part = (even: number, whole: boolean): number => trustedPartOf(even, Math.max(1, shards.copies), whole);
    return { operations: part(operations, false), egressBytes: part(egressBytes, false), connections: connections === Infinity ? Infinity : part(connections, true) };
  }

  /** This node's part of the quotas, from now on. */
  setParts(tenant: Tenant, parts: QuotaParts): void {
    const nowMs = this.#options.clock.monotonicMs();
    tenant.operations.setRate(parts.operations, nowMs);
    tenant.egress.setRate(parts.egressBytes, nowMs);
    tenant.parts = parts;
    tenant.metered = tenant.operations.limited || tenant.egress.limited;
    this.limitBytes[tenant.id] = parts.memoryBytes;
    this.shareBytes[tenant.id] = parts.memoryBytes === Infinity ? 0 : parts.memoryBytes;
    this.limitKeys[tenant.id] = parts.keys;
  }

  /** What the namespace's settings ask of the store. */
  #obey(tenant: Tenant): void {
    const { settings, id, lifetimes } = tenant;
    const lives = lifetimes.defaultMs > 0 || lifetimes.maxMs > 0;
    const staleMs = settings?.staleWhileRevalidateMs ?? 0;
    this.flags[id] = (lives ? namespaceFlag.lifetimes : 0) | (settings?.slidingExpiry === true && lives ? namespaceFlag.sliding : 0) | (settings?.trackAccess === true ? namespaceFlag.tracked : 0) | (staleMs > 0 ? namespaceFlag.stale : 0);
    this.staleMs[id] = staleMs;
    this.maxValueBytes[id] = settings?.maxValueBytes ?? Infinity;
  }

  // ------------------------------------------------------------------ entries under the wrong id

  /** Entries that were written before their namespace came, or outlived it, are given their ids in slices. */
  #unsettle(): void {
    if (this.#store.entryCount === 0) return;
    this.unsettled = true;
    this.#settleCursor = 0;
  }

  wasFlushed(bytes: Uint8Array, start: number, length: number, id: number): boolean {
    const tenant = this.tenantOf(bytes, start, length);
    return tenant.flushedUnsettled && id !== tenant.id;
  }

  settleSome(count: number): boolean {
    const store = this.#store;
    const refs: number[] = [];
    for (let left = count; left > 0 && this.unsettled; left -= refs.length + 1) {
      refs.length = 0;
      this.#settleCursor = store.scanStep(this.#settleCursor, refs);
      for (const ref of refs) this.#settle(ref);
      if (this.#settleCursor === 0) this.#settled();
    }
    return this.unsettled;
  }

  #settle(ref: number): void {
    const store = this.#store;
    if (store.forgotten[store.namespaceOf(ref)] !== 0 || this.#isLeaving(store.namespaceOf(ref))) return;
    if (store.isForgotten(ref)) return store.discardFlushed(ref);
    store.open(ref);
    const { id } = this.tenantOf(store.entryBytes, store.keyStart, store.keyLength);
    if (store.namespaceOf(ref) !== id) store.assignNamespace(ref, id);
  }

  #isLeaving(id: number): boolean {
    return this.#leaving.some((tenant) => tenant.id === id);
  }

  #settled(): void {
    this.unsettled = false;
    this.flushedUnsettled = false;
    this.#default.flushedUnsettled = false;
    for (const tenant of this.tenants()) tenant.flushedUnsettled = false;
    this.#store.lookForFlushed(false);
  }

  /** From now on the store asks. */
  #install(): void {
    if (this.#store.namespaces !== undefined) return;
    this.#store.useNamespaces(this);
    this.#default.id = 0;
    this.hits[0] = this.#store.hits;
    this.misses[0] = this.#store.misses;
    this.expired[0] = this.#store.expiredKeys;
    this.evicted[0] = this.#store.evictedKeys;
  }
}

/** A newer operator's policy falls back to the cluster's. */
function policyOf(name: string | undefined): PolicyName | undefined {
  return policyNames.find((one) => one === name);
}

/** Before the use of the shards is known. `place`: which of them this one is. */
function evenParts({ quota }: NamespaceSettings, { count, place }: ReturnType<RegistryOptions['shards']>): QuotaParts {
  const part = (quota: number | undefined, whole: boolean): number => (quota === undefined ? Infinity : evenPartOf(quota, Math.max(1, count), place, whole));
  return { operations: part(quota.opsPerSecond, false), egressBytes: part(quota.egressBytesPerSecond, false), memoryBytes: part(quota.memoryBytes, false), keys: part(quota.keys, true), connections: part(quota.connections, true) };
}
