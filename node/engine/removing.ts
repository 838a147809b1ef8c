import { slotCount } from '../../shared/slots/crc16.ts';
import { createPolicy } from '../eviction/create-policy.ts';
import type { EntrySource, PolicyName } from '../eviction/policy.ts';
import { changeKind, type ChangeFeed, type ChangeKind, type RemovalListener } from './change-feed.ts';
import { extentShift, flagAttached, flagInWheel, headerBytes, keyLengthMask, unitMask } from './entry-layout.ts';
import type { NamespacePolicies } from './namespace-policies.ts';
import { namespaceFlag } from './namespaces.ts';
import { Records } from './records.ts';
import { Snapshot, type SnapshotSink } from './snapshot.ts';

const noCursor = -1;
/** Cells looked at to find one whose key still expires then. */
const maxStaleCells = 256;
/** Against looking at an entry. */
const workPerRemoval = 12;
const anyNamespace = -1;
/** Entries drawn, then walked over, to find one of a namespace. */
const maxDraws = 64;
const maxWalked = 4_096;
/** Flushed entries looked for before a living one is evicted. */
const sweepBeforeEviction = 64;

/** How entries go: deleted, expired, evicted, flushed with their namespace, moved to another shard; and who is told before they do. */
export class Removing extends Records implements EntrySource {
  policyName: PolicyName = 'noeviction';
  /** The policy, where each namespace has its own. */
  policies: NamespacePolicies | undefined = undefined;
  feed: ChangeFeed | undefined = undefined;
  /** Told of keys that went by themselves. */
  removals: RemovalListener | undefined = undefined;
  /** A replica hides what is expired and never deletes it (P16). */
  replica = false;
  /** While clients are paused what is expired is hidden and stays. */
  expiryPaused = false;
  expiredKeys = 0;
  evictedKeys = 0;
  /** The entry being changed: making room for it does not evict it. */
  protected pinned = 0;
  /** Root that RENAME gives to another key: removing the old one leaves it alone. */
  protected sparedRoot = 0;
  /** Cursor of the walk that hands the entries to a new policy. */
  #adopting = noCursor;
  /** Running snapshots, and perhaps some that are over. */
  protected snapshots: readonly Snapshot[] = [];
  /** Cursor of the walk that removes the entries of flushed namespaces. */
  #sweep = 0;
  #drawCursor = 0;

  /** Of the entries that expire, one that does so about first; its cell of the wheel is used up. */
  soonestToExpire(): number {
    return this.soonestToExpireOf(anyNamespace);
  }

  /** As `soonestToExpire`, of one namespace. */
  soonestToExpireOf(id: number): number {
    const others: number[] = [];
    let found = 0;
    for (let looked = 0; looked < maxStaleCells && found === 0 && this.wheel.takeSoonest(); looked++) {
      const ref = this.entryOfCell();
      if (ref === 0 || !this.expires(ref)) continue;
      if (id === anyNamespace || this.namespaceOf(ref) === id) found = ref;
      else others.push(this.wheel.hash, this.wheel.slot, this.wheel.generation, this.expiryOf(ref));
    }
    for (let i = 0; i < others.length; i += 4) this.wheel.add(others[i], others[i + 1], others[i + 2], others[i + 3]);
    return found;
  }

  /** An entry of one namespace, drawn evenly where it has a fair share of all, 0 when none was met. */
  drawEntryOf(id: number): number {
    if (this.namespaceKeys[id] === 0) return 0;
    for (let i = 0; i < maxDraws; i++) {
      const ref = this.drawEntry();
      if (ref !== 0 && this.namespaceOf(ref) === id) return ref;
    }
    const refs: number[] = [];
    for (let looked = 0; looked < maxWalked; looked += refs.length + 1) {
      refs.length = 0;
      this.#drawCursor = this.scanStep(this.#drawCursor, refs);
      for (const ref of refs) if (this.namespaceOf(ref) === id) return ref;
    }
    return 0;
  }

  /** A cell came up: deletes what has expired and puts the rest in again. */
  settleCell(nowMs: number): void {
    const { wheel } = this;
    const ref = this.entryOfCell();
    if (ref === 0) return;
    if (this.expires(ref) && !this.isExpired(ref, nowMs)) wheel.add(wheel.hash, wheel.slot, wheel.generation, this.expiryOf(ref));
    else if (this.isStale(ref, nowMs)) wheel.add(wheel.hash, wheel.slot, wheel.generation, this.staleUntil(ref));
    else if (this.expires(ref) && !this.replica) this.expire(ref, wheel.slot, wheel.hash);
    else this.log.words[ref >>> extentShift][(ref & unitMask) << 1] &= ~flagInWheel;
  }

  /** Its time is over, and it is kept to be shown while somebody fills the key anew. */
  isStale(ref: number, nowMs: number): boolean {
    const { namespaces } = this;
    if (namespaces === undefined || (namespaces.flags[this.namespaceOf(ref)] & namespaceFlag.stale) === 0 || !this.expires(ref)) return false;
    return this.expiryOf(ref) <= nowMs && this.staleUntil(ref) > nowMs && !this.isForgotten(ref);
  }

  protected staleUntil(ref: number): number {
    return this.expiryOf(ref) + (this.namespaces === undefined ? 0 : this.namespaces.staleMs[this.namespaceOf(ref)]);
  }

  /** Deletes an entry that `isExpired` said has expired. */
  removeExpired(ref: number): void {
    this.expire(ref, this.slotOf(ref), this.hashOf(ref));
  }

  /** Evicts one entry; false when the policy spares all. */
  evictOne(writer: number = anyNamespace): boolean {
    if (this.forgottenCount !== 0 && this.#sweptSome()) return true;
    const policy = this.policy;
    if (policy === undefined) return false;
    let ref = this.policies === undefined ? policy.victim() : this.policies.victimFor(writer);
    if (ref !== 0 && ref === this.pinned) {
      policy.removed(ref);
      policy.added(ref, this.hashOf(ref));
      ref = this.policies === undefined ? policy.victim() : this.policies.victimFor(writer);
    }
    // While the entries written under another policy are still being handed over, the new one may know of none.
    if (ref === 0 && this.#adopting >= 0) ref = this.policies === undefined ? this.#drawToEvict() : this.drawEntryOf(Math.max(0, writer));
    return this.#evict(ref);
  }

  /** A volatile policy spares what has no expiry, also while it does not know all entries yet. */
  #drawToEvict(): number {
    const sparesOthers = this.policyName.startsWith('volatile');
    for (let i = 0; i < maxDraws; i++) {
      const ref = this.drawEntry();
      if (ref === 0 || !sparesOthers || this.expires(ref)) return ref;
    }
    return 0;
  }

  /** Evicts one entry of the namespace; false when its policy spares all. */
  evictIn(id: number): boolean {
    const { policies } = this;
    if (policies === undefined || policies.nameOf(id) === 'noeviction') return false;
    let ref = policies.victimIn(id);
    if (ref !== 0 && ref === this.pinned) {
      policies.removed(ref);
      policies.added(ref, this.hashOf(ref));
      ref = policies.victimIn(id);
    }
    if (ref === 0 && this.#adopting >= 0) ref = this.drawEntryOf(id);
    return this.#evict(ref);
  }

  #evict(ref: number): boolean {
    if (ref === 0 || ref === this.pinned) return false;
    if (this.isForgotten(ref)) {
      this.discard(ref, this.slotOf(ref), this.hashOf(ref));
      return true;
    }
    this.evictedKeys++;
    if (this.namespaces !== undefined) this.namespaces.evicted[this.namespaceOf(ref)]++;
    this.drop(ref, this.slotOf(ref), this.hashOf(ref), changeKind.evicted);
    return true;
  }

  /** Flushed entries are still in the way: some go before a living one does. */
  #sweptSome(): boolean {
    const before = this.index.total;
    this.sweepSome(sweepBeforeEviction);
    return this.index.total < before;
  }

  /** Changes the policy; the entries stay, and are handed over in slices by `housekeep`. */
  setPolicy(name: PolicyName): void {
    if (name === this.policyName) return;
    this.policyName = name;
    if (this.policies === undefined) this.policy = createPolicy(name, this, this.random);
    else this.policies.chooseForOthers(name);
    this.adoptAnew();
  }

  /** All entries that the policy does not know are handed over to it, in slices. */
  protected adoptAnew(): void {
    this.#adopting = this.policy === undefined || this.entryCount === 0 ? noCursor : 0;
  }

  /** Hands some entries to a policy that was chosen after they were written; true while there are more. */
  adoptSome(count: number): boolean {
    const refs: number[] = [];
    for (let left = count; left > 0 && this.#adopting >= 0 && this.policy !== undefined; left -= refs.length + 1) {
      refs.length = 0;
      const next = this.scanStep(this.#adopting, refs);
      for (const ref of refs) if (!this.policy.holds(ref)) this.policy.added(ref, this.hashOf(ref));
      this.#adopting = next === 0 ? noCursor : next;
    }
    return this.#adopting >= 0;
  }

  /**
   * Flushes a namespace at once, however many keys it has: its id counts for nothing from now on, and its entries are removed in slices. The resolver gives the name another
   * id before this, and may use the old one again when `forgotten[id]` is 0.
   */
  forgetNamespace(id: number): void {
    if (this.namespaceKeys[id] === 0 || this.forgotten[id] !== 0) return;
    this.forgotten[id] = 1;
    this.forgottenCount++;
    this.forgottenKeys += this.namespaceKeys[id];
    this.#sweep = 0;
  }

  /** Removes entries of flushed namespaces; true while there are more. */
  sweepSome(count: number): boolean {
    if (this.forgottenCount === 0) return false;
    const refs: number[] = [];
    let left = count;
    while (left > 0 && this.forgottenCount > 0) {
      refs.length = 0;
      this.#sweep = this.scanStep(this.#sweep, refs);
      left -= refs.length + 1;
      for (const ref of refs) {
        if (!this.isForgotten(ref)) continue;
        this.discard(ref, this.slotOf(ref), this.hashOf(ref));
        left -= workPerRemoval;
      }
    }
    return this.forgottenCount > 0;
  }

  /** Removes up to `count` entries of a slot that moved elsewhere: neither a deletion nor told to the feed. True while there are more. */
  dropSlot(slot: number, count: number): boolean {
    for (let left = count; left > 0 && this.index.keysIn(slot) > 0; left--) {
      let page = 0;
      while (this.index.openPage(slot, page) === 0) page++;
      const ref = this.index.refAt(0);
      this.discard(ref, slot, this.hashOf(ref));
    }
    return this.index.keysIn(slot) > 0;
  }

  /** Begins a snapshot of a range of slots; `step` it until it is done, or cancel it. Several may run. */
  snapshot(sink: SnapshotSink, firstSlot = 0, lastSlot = slotCount - 1): Snapshot {
    const snapshot = new Snapshot(this, sink, firstSlot, lastSlot);
    this.snapshots = [...this.snapshots.filter((other) => !other.done), snapshot];
    return snapshot;
  }

  /** The elements of a large collection are about to change. */
  beforeEdit(ref: number): void {
    if (this.snapshots.length !== 0) this.preserve(this.slotOf(ref), this.hashOf(ref), ref);
  }

  protected preserve(slot: number, hash: number, ref: number): void {
    for (const snapshot of this.snapshots) snapshot.beforeChange(slot, hash, ref);
  }

  protected expire(ref: number, slot: number, hash: number): void {
    if (this.isForgotten(ref)) return this.discard(ref, slot, hash);
    this.expiredKeys++;
    if (this.namespaces !== undefined) this.namespaces.expired[this.namespaceOf(ref)]++;
    this.drop(ref, slot, hash, changeKind.expired);
  }

  protected drop(ref: number, slot: number, hash: number, kind: ChangeKind): void {
    if (this.snapshots.length !== 0) this.preserve(slot, hash, ref);
    this.slotSequence[slot]++;
    if (this.onOutdated !== undefined && kind !== changeKind.evicted) this.onOutdated(ref);
    if (this.feed !== undefined) this.tell(kind, ref);
    if (this.removals !== undefined && kind !== changeKind.deleted) this.#tellRemoval(kind, ref);
    this.discard(ref, slot, hash);
  }

  #countForgotten(namespace: number): void {
    this.forgottenKeys--;
    if (this.namespaceKeys[namespace] > 1) return;
    this.forgotten[namespace] = 0;
    this.forgottenCount--;
  }

  protected discard(ref: number, slot: number, hash: number): void {
    if (this.policy !== undefined) this.policy.removed(ref);
    if (this.expires(ref)) this.uncountExpiry(this.expiryOf(ref));
    if (this.isLarge(ref)) this.doom(this.rootOf(ref), ref, slot);
    if (this.attachments !== undefined && this.isAttached(ref)) this.detach(ref, slot, hash);
    const units = this.weightOf(ref);
    const namespace = this.namespaceOf(ref);
    if (this.forgottenCount !== 0 && this.forgotten[namespace] !== 0) this.#countForgotten(namespace);
    this.account(slot, namespace, -units);
    this.namespaceKeys[namespace]--;
    this.index.remove(slot, hash, ref);
    this.log.release(ref, units);
  }

  /** The key has labels. */
  isAttached(ref: number): boolean {
    return (this.flagsOf(ref) & flagAttached) !== 0;
  }

  /** Takes the key's labels away. */
  protected detach(ref: number, slot: number, hash: number): void {
    const extent = ref >>> extentShift;
    const words = this.log.words[extent];
    const at = (ref & unitMask) << 1;
    words[at] &= ~flagAttached;
    const bytes = this.attachments === undefined ? 0 : this.attachments.drop(this.log.bytes[extent], (at << 2) + headerBytes, words[at] & keyLengthMask, slot, hash);
    this.account(slot, this.namespaceOf(ref), -bytes / 8);
  }

  /** The collection at the entry goes; its parts are freed in slices. */
  protected doom(root: number, ref: number, slot: number): void {
    this.account(slot, this.namespaceOf(ref), -this.parts.bytesOf(root) / 8);
    if (root === this.sparedRoot) this.sparedRoot = 0;
    else this.parts.doom(root);
  }

  #tellRemoval(kind: ChangeKind, ref: number): void {
    this.open(ref);
    (this.removals as RemovalListener).removed(kind === changeKind.expired ? 'expired' : 'evicted', this.entryBytes, this.keyStart, this.keyLength);
  }

  protected tell(kind: ChangeKind, ref: number): void {
    const slot = this.slotOf(ref);
    (this.feed as ChangeFeed).changed(kind, slot, this.slotSequence[slot], ref);
  }

  /** All entries went at once. */
  protected forgetAll(): void {
    this.forgotten.fill(0);
    this.forgottenCount = 0;
    this.forgottenKeys = 0;
    this.#adopting = noCursor;
    for (const snapshot of this.snapshots) if (!snapshot.done) snapshot.cancel();
    this.snapshots = [];
    if (this.policy !== undefined) this.policy.cleared();
    if (this.feed !== undefined) this.feed.flushed();
  }
}
