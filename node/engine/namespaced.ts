import { Attachments } from './attachments.ts';
import { changeKind } from './change-feed.ts';
import { extentShift, flagAttached, flagOwnLife, namespaceMask, namespaceShift, noExpiry, unitMask } from './entry-layout.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { NamespacePolicies } from './namespace-policies.ts';
import { namespaceFlag, refusal, type Namespaces, type Refusal } from './namespaces.ts';
import type { PolicyName } from '../eviction/policy.ts';
import { Removing } from './removing.ts';

/** What namespaces change about entries: lives, limits, victims, and under which id an entry is counted. Nothing of it is asked before there is a namespace. */
export class Namespaced extends Removing {
  /** Why the last write found no room, and in which namespace. */
  refusal: Refusal = refusal.none;
  refusedId = 0;
  #looking = false;

  /** From now on. */
  useNamespaces(namespaces: Namespaces): void {
    this.namespaces = namespaces;
    this.policies = new NamespacePolicies(this.policyName, this, namespaces.shareBytes);
    this.policy = this.policies;
    this.adoptAnew();
  }

  /** The namespace's own eviction policy; undefined: the cluster's. */
  setNamespacePolicy(id: number, name: PolicyName | undefined): void {
    if (this.policies?.choose(id, name) === true && this.namespaceKeys[id] > 0) this.adoptAnew();
  }

  /** The entry is another namespace's. */
  assignNamespace(ref: number, id: number): void {
    const from = this.namespaceOf(ref);
    const slot = this.slotOf(ref);
    const units = this.weightOf(ref) + ((this.isLarge(ref) ? this.parts.bytesOf(this.rootOf(ref)) : 0) + this.#attachedBytes(ref)) / 8;
    if (this.policy !== undefined) this.policy.removed(ref);
    this.account(slot, from, -units);
    this.namespaceKeys[from]--;
    const words = this.log.words[ref >>> extentShift];
    const at = ((ref & unitMask) << 1) + 2;
    words[at] = (words[at] & ~(namespaceMask << namespaceShift)) | (id << namespaceShift);
    this.account(slot, id, units);
    this.namespaceKeys[id]++;
    if (this.policy !== undefined) this.policy.added(ref, this.hashOf(ref));
  }

  /** Deletes a living entry. */
  removeEntry(ref: number): void {
    this.drop(ref, this.slotOf(ref), this.hashOf(ref), changeKind.deleted);
  }

  /** Removes an entry that `isForgotten` said was flushed. */
  discardFlushed(ref: number): void {
    this.discard(ref, this.slotOf(ref), this.hashOf(ref));
  }

  /** Whether flushed entries lie under ids that are not forgotten: readers then ask `namespaces.wasFlushed`. */
  lookForFlushed(on: boolean): void {
    if (on === this.#looking) return;
    this.#looking = on;
    this.forgottenCount += on ? 1 : -1;
  }

  protected override forgetAll(): void {
    this.#looking = false;
    super.forgetAll();
  }

  tellNamespaceFlushed(name: string, uid: string): void {
    this.feed?.namespaceFlushed?.(name, uid);
  }

  // ------------------------------------------------------------------ labels

  /** Gives the key of an entry these labels instead of those that it had; an empty text takes them away. attachments.ts has the text's layout. */
  attach(ref: number, text: Uint8Array): void {
    const slot = this.slotOf(ref);
    const hash = this.hashOf(ref);
    if (this.isAttached(ref)) this.detach(ref, slot, hash);
    if (text.length > 0) {
      this.attachments ??= new Attachments(this.seed);
      this.open(ref);
      const bytes = this.attachments.put(this.entryBytes, this.keyStart, this.keyLength, slot, hash, text);
      const words = this.log.words[ref >>> extentShift];
      words[(ref & unitMask) << 1] |= flagAttached;
      this.account(slot, this.namespaceOf(ref), bytes / 8);
    }
    if (this.feed !== undefined) this.tell(changeKind.attached, ref);
  }

  /** The text of the key's labels, a view; undefined when it has none. */
  labelsOf(ref: number): Uint8Array | undefined {
    const { attachments } = this;
    if (attachments === undefined || !this.isAttached(ref)) return undefined;
    this.open(ref);
    const block = attachments.find(this.entryBytes, this.keyStart, this.keyLength, this.slotOf(ref), this.hashOf(ref));
    if (block === 0) return undefined;
    attachments.open(block);
    return attachments.bytes.subarray(attachments.textStart, attachments.textStart + attachments.textLength);
  }

  #attachedBytes(ref: number): number {
    const { attachments } = this;
    if (attachments === undefined || !this.isAttached(ref)) return 0;
    this.open(ref);
    const block = attachments.find(this.entryBytes, this.keyStart, this.keyLength, this.slotOf(ref), this.hashOf(ref));
    return block === 0 ? 0 : attachments.bytesOf(block);
  }

  // ------------------------------------------------------------------ lives

  hasOwnLife(ref: number): boolean {
    return (this.flagsOf(ref) & flagOwnLife) !== 0;
  }

  /** Marks an entry whose writer chose its life. */
  setOwnLife(ref: number, own: boolean): void {
    const words = this.log.words[ref >>> extentShift];
    const at = (ref & unitMask) << 1;
    words[at] = own ? words[at] | flagOwnLife : words[at] & ~flagOwnLife;
  }

  /** What a write's expiry becomes under the rules of namespace `id`; what is kept stays. */
  protected ruledExpiry(namespaces: Namespaces, id: number, expireAtMs: number, nowMs: number, hash: number): number {
    if (this.replica || (namespaces.flags[id] & namespaceFlag.lifetimes) === 0) return expireAtMs;
    return namespaces.expiryFor(id, expireAtMs, nowMs, hash);
  }

  protected createdIn(namespaces: Namespaces, id: number, ref: number, slot: number, hash: number, expireAtMs: number, nowMs: number): void {
    if (expireAtMs > noExpiry) this.setOwnLife(ref, true);
    if ((namespaces.flags[id] & namespaceFlag.tracked) !== 0) namespaces.created(id, slot, hash, nowMs);
  }

  protected setRuledExpiry(namespaces: Namespaces, ref: number, slot: number, hash: number, expireAtMs: number, oldExpiry: number, nowMs: number): void {
    const capped = this.replica ? expireAtMs : namespaces.capFor(this.namespaceOf(ref), expireAtMs, nowMs);
    this.setExpiryWords(ref, slot, hash, capped, oldExpiry);
    this.setOwnLife(ref, expireAtMs > noExpiry);
  }

  /** The value of a key whose time is over, as long as its namespace keeps it; 0: there is none. */
  findStale(bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number): number {
    const ref = this.locate(bytes, start, length, slot, hash);
    return ref !== 0 && this.isStale(ref, nowMs) ? ref : 0;
  }

  /** A key was deleted that lives no more: what is kept of it goes too. */
  protected dropStale(bytes: Uint8Array, start: number, length: number, slot: number, hash: number): void {
    const ref = this.locate(bytes, start, length, slot, hash);
    if (ref !== 0) this.expire(ref, slot, hash);
  }

  /** Puts the death of a living entry off, because it was used: neither a write nor its age. */
  renew(ref: number, expireAtMs: number): void {
    const slot = this.slotOf(ref);
    const hash = this.hashOf(ref);
    if (this.snapshots.length !== 0) this.preserve(slot, hash, ref);
    this.setExpiryWords(ref, slot, hash, expireAtMs, this.expiryOf(ref));
    this.stamp(ref, slot, this.writtenAtSeconds(ref) * 1000);
    if (this.feed !== undefined) this.tell(changeKind.renewed, ref);
  }

  // ------------------------------------------------------------------ limits

  /** Before a large write evicts anything: whether all that it could evict, of others and of its own, would be enough. What can never fit costs nobody a key. */
  protected mayFit(budget: MemoryBudget, units: number, id: number): boolean {
    const { log, namespaces } = this;
    // Its quota says no in words of its own.
    if (this.replica || (namespaces !== undefined && units * 8 + this.#pinnedBytes > namespaces.limitBytes[id])) return true;
    budget.measure();
    const missing = (log.liveUnits + units - budget.liveLimitUnits) * 8;
    if (missing <= 0 || budget.isLittle || missing <= this.#evictableBytes(id)) return true;
    return this.refuse(refusal.memory, id);
  }

  /** At most so much would go if a write of namespace `id` evicted all that it may. */
  #evictableBytes(id: number): number {
    const { policies } = this;
    let bytes = 0;
    // What was flushed goes first.
    for (let flushed = 0; this.forgottenCount !== 0 && flushed <= namespaceMask; flushed++) if (this.forgotten[flushed] !== 0) bytes += this.chargedBytes(flushed);
    if (policies !== undefined) bytes += policies.evictableBytes(id);
    else if (this.policy !== undefined) bytes += this.chargedBytes(0);
    return bytes - this.#pinnedBytes;
  }

  /** The entry that grows makes no room for itself. */
  get #pinnedBytes(): number {
    return this.pinned === 0 ? 0 : this.weightOf(this.pinned) * 8;
  }

  /** Evicts within the namespace until `units` and `keys` more fit under its limits. */
  protected roomInNamespace(namespaces: Namespaces, id: number, units: number, keys: number): boolean {
    if (this.replica) return true;
    const bytes = units * 8 + keys * 8;
    if (this.chargedBytes(id) + bytes > namespaces.limitBytes[id]) {
      namespaces.pressureBytes[id] += bytes;
      if (bytes + this.#pinnedBytes > namespaces.limitBytes[id]) return this.refuse(refusal.namespaceMemory, id);
      while (this.chargedBytes(id) + bytes > namespaces.limitBytes[id]) if (!this.evictIn(id)) return this.refuse(refusal.namespaceMemory, id);
    }
    if (keys > 0 && this.namespaceKeys[id] + keys > namespaces.limitKeys[id]) {
      namespaces.pressureKeys[id] += keys;
      if (keys > namespaces.limitKeys[id]) return this.refuse(refusal.namespaceKeys, id);
      while (this.namespaceKeys[id] + keys > namespaces.limitKeys[id]) if (!this.evictIn(id)) return this.refuse(refusal.namespaceKeys, id);
    }
    return true;
  }

  /** False for a value or element that is longer than the namespace lets values be. */
  letsBe(id: number, valueBytes: number): boolean {
    if (this.namespaces === undefined || this.replica || valueBytes <= this.namespaces.maxValueBytes[id]) return true;
    return this.refuse(refusal.valueSize, id);
  }

  protected refuse(why: Refusal, id: number): false {
    this.refusal = why;
    this.refusedId = id;
    return false;
  }
}
