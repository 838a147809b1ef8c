import type { Store } from '../engine/store.ts';
import { labelBytes, labelKind } from './labels.ts';
import type { NamespaceRegistry } from './registry.ts';

/** A key whose value is not what others were made from any more. Names are without prefix, as text. */
export interface Outdated {
  readonly namespace: string;
  readonly key: string;
  /** The key that was written or deleted first; it stays, whatever depends on whom. */
  readonly origin: string;
}

/** Outdated keys kept for the others of the region. */
const mostToTell = 65_536;

/**
 * What depends on a key goes when the key is overwritten, deleted or expires; then what depends on that, and so on; each key goes once, so rings end. Dependents lie on any shard: the
 * others of the region are told of each outdated key of a namespace in which anything depends on anything.
 */
export class Dependents {
  /** Taken by whoever tells the other shards. */
  toTell: Outdated[] = [];
  /** Called when `toTell` is no longer empty. */
  onOutdated: () => void = () => undefined;
  /** Called when something depends on something for the first time, here or elsewhere. */
  onUse: () => void = () => undefined;
  /** Tells the other shards that something in the namespace depends on something; resolves when they know, or have been waited for long enough. */
  announce: (namespace: string) => Promise<void> = () => Promise.resolve();
  /** Times that another shard could not be told. */
  lost = 0;
  readonly #store: Store;
  readonly #registry: NamespaceRegistry;
  readonly #namespaces = new Set<string>();
  /** Namespaces that this node has announced, or is announcing (false). */
  readonly #announced = new Map<string, boolean>();
  #pending: Outdated[] = [];
  #settling: Outdated | undefined;

  constructor(store: Store, registry: NamespaceRegistry) {
    this.#store = store;
    this.#registry = registry;
  }

  /** Something depends on something, here or elsewhere. */
  get inUse(): boolean {
    return this.#namespaces.size > 0;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** Namespaces in which something depends on something, here or elsewhere. */
  get namespaces(): readonly string[] {
    return [...this.#namespaces];
  }

  /**
   * Whether the other shards tell of outdated keys of the namespace: only then something may be written that depends on something, or a key that goes
   * in the moment after would leave behind what depends on it. The first call announces it; false: ask again in a moment.
   */
  isAnnounced(namespace: string): boolean {
    const known = this.#announced.get(namespace);
    if (known !== undefined) return known;
    this.heard(namespace);
    this.#announced.set(namespace, false);
    void this.announce(namespace).then(() => this.#announced.set(namespace, true));
    return false;
  }

  /** Another node has such a namespace. */
  heard(namespace: string): void {
    if (this.#namespaces.has(namespace)) return;
    this.#namespaces.add(namespace);
    this.onUse();
    this.#store.onOutdated = (ref) => this.#outdated(ref);
  }

  /** Another shard tells of outdated keys. */
  takeFrom(outdated: readonly Outdated[]): void {
    this.#pending.push(...outdated);
  }

  /** Told by the store in the middle of a change. */
  #outdated(ref: number): void {
    const store = this.#store;
    if (store.replica) return;
    store.open(ref);
    const tenant = this.#registry.tenantOf(store.entryBytes, store.keyStart, store.keyLength);
    if (!this.#namespaces.has(tenant.name)) return;
    const key = Buffer.from(store.entryBytes.subarray(store.keyStart + tenant.prefixLength, store.keyStart + store.keyLength)).toString();
    const outdated = { namespace: tenant.name, key, origin: this.#settling?.origin ?? key };
    this.#pending.push(outdated);
    if (this.toTell.length >= mostToTell) return;
    this.toTell.push(outdated);
    if (this.toTell.length === 1) this.onOutdated();
  }

  /** Deletes what depends on what was outdated since the last call; returns how many keys went. */
  settle(): number {
    const { attachments } = this.#store;
    let count = 0;
    for (let i = 0; i < this.#pending.length; i++) {
      const outdated = this.#pending[i];
      this.#settling = outdated;
      if (attachments !== undefined) count += this.#deleteDependents(outdated);
    }
    this.#settling = undefined;
    this.#pending = [];
    return count;
  }

  #deleteDependents({ namespace, key, origin }: Outdated): number {
    const store = this.#store;
    const label = labelBytes(namespace, labelKind.dependsOn, key);
    const spared = Buffer.from(namespace === 'default' ? origin : `${namespace}:${origin}`);
    let count = 0;
    let kept = 0;
    const { attachments } = store;
    if (attachments === undefined) return 0;
    for (let block = attachments.firstOf(label); block !== 0; block = kept === 0 ? attachments.firstOf(label) : attachments.nextOf(kept)) {
      attachments.open(block);
      const { bytes, keyStart, keyLength, slot, hash } = attachments;
      if (spared.equals(Buffer.from(bytes.buffer, bytes.byteOffset + keyStart, keyLength))) {
        kept = attachments.cell;
        continue;
      }
      const ref = store.locate(bytes, keyStart, keyLength, slot, hash);
      if (ref === 0) attachments.dropBlock(block);
      else store.removeEntry(ref);
      count++;
    }
    return count;
  }
}
