import type { Sets } from '../../engine/collections/sets.ts';
import { entryType } from '../../engine/entry-layout.ts';
import { keyChanged, makeRoom, readCollection, removeKey, wrongType } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { copyOf } from './copy-member.ts';

/** What the sets of arguments first..last give together; undefined after answering WRONGTYPE. Every key counts as read, also behind an absent one. */
export type Algebra = 'inter' | 'union' | 'diff';

function openSets(call: Call, first: number, last: number): (Sets | undefined)[] | undefined {
  const { collections } = call.node.store;
  const opened: (Sets | undefined)[] = [];
  for (let i = first; i <= last; i++) {
    const ref = readCollection(call, i, entryType.set);
    if (ref === wrongType) return undefined;
    const set = collections.otherSet(i - first);
    if (ref !== 0) set.load(ref);
    opened.push(ref === 0 ? undefined : set);
  }
  return opened;
}

export function combine(call: Call, operation: Algebra, first: number, last: number, limit = Infinity): readonly Buffer[] | undefined {
  const opened = openSets(call, first, last);
  if (opened === undefined) return undefined;
  if (operation === 'inter') return opened.includes(undefined) ? [] : intersection(opened as Sets[], limit);
  return operation === 'union' ? union(opened) : difference(opened);
}

function intersection(opened: Sets[], limit: number): readonly Buffer[] {
  const [smallest, ...others] = opened.toSorted((a, b) => a.size - b.size);
  const found: Buffer[] = [];
  smallest.rewind();
  while (found.length < limit && smallest.next()) if (others.every((other) => other.has(smallest.memberBytes, smallest.memberStart, smallest.memberLength))) found.push(copyOf(smallest));
  return found;
}

function union(opened: readonly (Sets | undefined)[]): readonly Buffer[] {
  const found = new Map<string, Buffer>();
  for (const set of opened) {
    if (set === undefined) continue;
    set.rewind();
    while (set.next()) {
      const member = copyOf(set);
      found.set(member.toString('latin1'), member);
    }
  }
  return [...found.values()];
}

function difference([first, ...others]: readonly (Sets | undefined)[]): readonly Buffer[] {
  if (first === undefined) return [];
  const found: Buffer[] = [];
  first.rewind();
  while (first.next()) if (!others.some((other) => other?.has(first.memberBytes, first.memberStart, first.memberLength))) found.push(copyOf(first));
  return found;
}

export function replyMembers(call: Call, members: readonly Buffer[] | undefined): void {
  if (members === undefined) return;
  call.reply.set(members.length);
  for (const member of members) call.reply.bulk(member, 0, member.length);
}

/** SINTERSTORE and its kin: the result replaces whatever is at argument 1. */
export function storeMembers(call: Call, members: readonly Buffer[] | undefined, event: string): void {
  if (members === undefined) return;
  const { store } = call.node;
  const { bytes, start, length } = call;
  if (members.length === 0) {
    if (removeKey(call, 1)) keyChanged(call, 1, 'g', 'del');
    return call.reply.integer(0);
  }
  if (!makeRoom(call, 1, members.reduce((sum, member) => sum + member.length + 32, 0), 1)) return;
  removeKey(call, 1);
  const { sets } = store.collections;
  sets.edit(bytes, start[1], length[1], call.keySlot, store.hashKey(bytes, start[1], length[1]), call.nowMs);
  for (const member of members) sets.add(member, 0, member.length);
  sets.done();
  keyChanged(call, 1, 's', event);
  call.reply.integer(members.length);
}
