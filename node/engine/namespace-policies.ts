import { createPolicy } from '../eviction/create-policy.ts';
import type { EntrySource, EvictionPolicy, PolicyName } from '../eviction/policy.ts';
import { extentShift, namespaceMask, unitMask } from './entry-layout.ts';

/** What the policies of namespaces need of the store, beside what each policy asks about entries. */
export interface NamespaceEntries extends EntrySource {
  readonly namespaceKeys: Int32Array;
  readonly random: () => number;
  readonly log: { readonly words: Int32Array[] };
  namespaceOf(ref: number): number;
  chargedBytes(id: number): number;
  drawEntryOf(id: number): number;
  soonestToExpireOf(id: number): number;
}

/** Evictions after which the namespace that is furthest over its share is looked for anew. */
const preferredFor = 32;
const nobody = -1;

/**
 * A policy for each namespace, and whose entry goes when the whole store is full: one of the namespace that is furthest over its share; when all are within theirs, one of the
 * writer's own. So nobody is evicted for another while it is within its share.
 */
export class NamespacePolicies implements EvictionPolicy {
  /** The cluster's, for namespaces that have none of their own. */
  name: PolicyName;
  readonly #entries: NamespaceEntries;
  readonly #shareBytes: Float64Array;
  readonly #names: (PolicyName | undefined)[] = [];
  readonly #policies: (EvictionPolicy | undefined)[] = Array.from({ length: namespaceMask + 1 });
  #preferred = nobody;
  #preferredLeft = 0;

  constructor(name: PolicyName, entries: NamespaceEntries, shareBytes: Float64Array) {
    this.name = name;
    this.#entries = entries;
    this.#shareBytes = shareBytes;
  }

  /** Changes the policy of one namespace (undefined: the cluster's); true when its entries have to be handed over anew. */
  choose(id: number, name: PolicyName | undefined): boolean {
    const before = this.nameOf(id);
    this.#names[id] = name;
    if (this.nameOf(id) === before) return false;
    this.#policies[id] = undefined;
    return true;
  }

  /** Changes the cluster's policy. */
  chooseForOthers(name: PolicyName): void {
    if (name === this.name) return;
    this.name = name;
    for (let id = 0; id <= namespaceMask; id++) if (this.#names[id] === undefined) this.#policies[id] = undefined;
  }

  nameOf(id: number): PolicyName {
    return this.#names[id] ?? this.name;
  }

  get memoryBytes(): number {
    let bytes = 0;
    for (const policy of this.#policies) if (policy !== undefined) bytes += policy.memoryBytes;
    return bytes;
  }

  #policyFor(id: number): EvictionPolicy | undefined {
    return (this.#policies[id] ??= createPolicy(this.nameOf(id), new EntriesOfNamespace(this.#entries, id), this.#entries.random));
  }

  added(ref: number, hash: number): void {
    this.#policyFor(this.#entries.namespaceOf(ref))?.added(ref, hash);
  }

  /** As `touched`, of an entry of namespace `id`; false when it has no policy. */
  touchedIn(id: number, ref: number): boolean {
    const policy = this.#policies[id];
    if (policy === undefined) return false;
    policy.touched(ref);
    return true;
  }

  frequencyOf(ref: number): number {
    return this.#policies[this.#entries.namespaceOf(ref)]?.frequencyOf?.(ref) ?? 0;
  }

  touched(ref: number): void {
    this.#policies[this.#entries.namespaceOf(ref)]?.touched(ref);
  }

  removed(ref: number): void {
    this.#policies[this.#entries.namespaceOf(ref)]?.removed(ref);
  }

  moved(from: number, to: number): void {
    this.#policies[this.#entries.namespaceOf(to)]?.moved(from, to);
  }

  resized(ref: number, difference: number): void {
    this.#policies[this.#entries.namespaceOf(ref)]?.resized(ref, difference);
  }

  expiryChanged(ref: number): void {
    this.#policies[this.#entries.namespaceOf(ref)]?.expiryChanged(ref);
  }

  holds(ref: number): boolean {
    const id = this.#entries.namespaceOf(ref);
    return this.nameOf(id) === 'noeviction' || this.#policies[id]?.holds(ref) === true;
  }

  /** The entry that makes room for anybody, 0 when none may go. */
  victim(): number {
    return this.victimFor(nobody);
  }

  /** The entry that makes room for a write of namespace `writer`. */
  victimFor(writer: number): number {
    for (let tried = 0; tried < 2; tried++) {
      if (this.#preferredLeft-- <= 0 || tried > 0) this.#prefer(tried > 0 ? this.#preferred : nobody);
      if (this.#preferred === nobody) break;
      const ref = this.victimIn(this.#preferred);
      if (ref !== 0) return ref;
    }
    return writer === nobody ? 0 : this.victimIn(writer);
  }

  /** At most so much goes for a write of namespace `writer`: what others hold above their shares, and all of its own. */
  evictableBytes(writer: number): number {
    let bytes = 0;
    for (let id = 0; id <= namespaceMask; id++) {
      if (this.#policies[id] === undefined) continue;
      bytes += Math.max(0, this.#entries.chargedBytes(id) - (id === writer ? 0 : this.#shareBytes[id]));
    }
    return bytes;
  }

  victimIn(id: number): number {
    return this.#policies[id]?.victim() ?? 0;
  }

  /** The namespace that is furthest over its share, `except` the one that had nothing to give. */
  #prefer(except: number): void {
    this.#preferred = nobody;
    this.#preferredLeft = preferredFor;
    let furthest = 0;
    for (let id = 0; id <= namespaceMask; id++) {
      if (this.#policies[id] === undefined || id === except) continue;
      const over = this.#entries.chargedBytes(id) - this.#shareBytes[id];
      if (over <= furthest) continue;
      furthest = over;
      this.#preferred = id;
    }
  }

  cleared(): void {
    for (const policy of this.#policies) policy?.cleared();
    this.#preferredLeft = 0;
  }
}

/** The entries of one namespace, as its policy sees them. */
class EntriesOfNamespace implements EntrySource {
  readonly #entries: NamespaceEntries;
  readonly #words: Int32Array[];
  readonly #id: number;

  constructor(entries: NamespaceEntries, id: number) {
    this.#entries = entries;
    this.#words = entries.log.words;
    this.#id = id;
  }

  get entryCount(): number {
    return this.#entries.namespaceKeys[this.#id];
  }

  // As the store has them: one step less on every read.
  evictionWord(ref: number): number {
    return this.#words[ref >>> extentShift][((ref & unitMask) << 1) + 3];
  }

  setEvictionWord(ref: number, word: number): void {
    this.#words[ref >>> extentShift][((ref & unitMask) << 1) + 3] = word;
  }

  expires(ref: number): boolean {
    return this.#entries.expires(ref);
  }

  hashOf(ref: number): number {
    return this.#entries.hashOf(ref);
  }

  weightOf(ref: number): number {
    return this.#entries.weightOf(ref);
  }

  drawEntry(): number {
    return this.#entries.drawEntryOf(this.#id);
  }

  soonestToExpire(): number {
    return this.#entries.soonestToExpireOf(this.#id);
  }
}
