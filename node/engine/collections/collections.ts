import { entryType } from '../entry-layout.ts';
import type { EntryStore } from './entry-store.ts';
import { Dict } from './dict.ts';
import { Hashes } from './hashes.ts';
import { defaultCollectionLimits, type CollectionLimits } from './limits.ts';
import { ListNodes } from './list-nodes.ts';
import { Lists } from './lists.ts';
import { ScoredDict } from './scored-dict.ts';
import { newScratch, type Session } from './session.ts';
import { Sets } from './sets.ts';
import { Zsets } from './zsets.ts';

/** The collection objects of a store; see node/engine/README.md. */
export class Collections {
  readonly limits: CollectionLimits = defaultCollectionLimits();
  readonly hashes: Hashes;
  readonly sets: Sets;
  readonly lists: Lists;
  readonly zsets: Zsets;
  readonly #store: EntryStore;
  readonly #scratch = newScratch();
  readonly #otherSets: Sets[] = [];
  readonly #otherZsets: Zsets[] = [];

  constructor(store: EntryStore) {
    this.#store = store;
    this.hashes = new Hashes(store, this.#scratch, this.limits);
    this.sets = new Sets(store, this.#scratch, this.limits);
    this.lists = new Lists(store, this.#scratch, this.limits);
    this.zsets = new Zsets(store, this.#scratch, this.limits);
  }

  /** A further set to look at beside others (SINTER …); `i` counts from 0. Only to `load`, not to `edit`. */
  otherSet(i: number): Sets {
    while (this.#otherSets.length <= i) this.#otherSets.push(new Sets(this.#store, this.#scratch, this.limits));
    return this.#otherSets[i];
  }

  otherZset(i: number): Zsets {
    while (this.#otherZsets.length <= i) this.#otherZsets.push(new Zsets(this.#store, this.#scratch, this.limits));
    return this.#otherZsets[i];
  }

  /** Copies a large collection; returns the root of the copy. */
  copyRoot(type: number, root: number): number {
    const { parts, seed } = this.#store;
    if (type === entryType.list) return copyList(new ListNodes(parts), new ListNodes(parts), root);
    if (type === entryType.zset) return copyScored(new ScoredDict(parts, seed), new ScoredDict(parts, seed), root);
    return copyDict(new Dict(parts, seed), new Dict(parts, seed), root);
  }

  /** The object for an entry's type; undefined for strings and streams. */
  ofType(type: number): Session | undefined {
    return [undefined, this.lists, this.sets, this.zsets, this.hashes][type];
  }
}

function copyDict(from: Dict, to: Dict, root: number): number {
  from.open(root);
  to.create();
  from.rewind();
  while (from.next()) to.set(from.bytes, from.fieldStart, from.fieldLength, from.bytes, from.valueStart, from.valueLength);
  return to.root;
}

function copyList(from: ListNodes, to: ListNodes, root: number): number {
  from.open(root);
  to.create();
  from.seek(0);
  do to.push(false, from.bytes, from.elementStart, from.elementLength);
  while (from.step(true));
  return to.root;
}

function copyScored(from: ScoredDict, to: ScoredDict, root: number): number {
  from.open(root);
  to.create();
  from.order.seekRank(0);
  do {
    from.view(from.order.here());
    to.set(from.bytes, from.memberStart, from.memberLength, from.score);
  } while (from.order.step(true));
  return to.root;
}
