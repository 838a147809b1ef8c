import type { Sets } from '../../engine/collections/sets.ts';
import { entryType } from '../../engine/entry-layout.ts';
import { keyChanged, makeRoom, readCollection, removeKey, wrongType } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { ElementRows } from '../working-memory/element-rows.ts';
import { MemberTable } from '../working-memory/member-table.ts';
import { replyElements } from '../working-memory/reply-elements.ts';
import { expectReply, working } from '../working-memory/working.ts';
import type { WorkingMemory } from '../working-memory/working-memory.ts';

export type Algebra = 'inter' | 'union' | 'diff';

/** What a member of a large set costs beside its bytes, about. */
const memberOverheadBytes = 32;

/** The sets of arguments first..last; undefined after answering WRONGTYPE. Every key counts as read, also behind an absent one. */
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

/** SUNION, SINTER, SDIFF. */
export function replyAlgebra(call: Call, operation: Algebra): void {
  combined(call, operation, 1, (rows, memory) => {
    const { reply } = call;
    expectReply(call, memory, rows.count, bytesOf(rows));
    reply.set(rows.count);
    replyElements(reply, rows);
  });
}

/** SUNIONSTORE and its kin: the result replaces whatever is at argument 1. */
export function storeAlgebra(call: Call, operation: Algebra, event: string): void {
  combined(call, operation, 2, (rows) => storeMembers(call, rows, event));
}

/** SINTERCARD: how many members all of the sets have, counted up to `limit`; undefined after answering WRONGTYPE. */
export function countCommon(call: Call, first: number, last: number, limit: number): number | undefined {
  const opened = openSets(call, first, last);
  if (opened === undefined || opened.includes(undefined)) return opened === undefined ? undefined : 0;
  let count = 0;
  eachCommon(opened as Sets[], () => ++count < limit);
  return count;
}

function combined(call: Call, operation: Algebra, first: number, use: (rows: ElementRows, memory: WorkingMemory) => void): void {
  const opened = openSets(call, first, call.argc - 1);
  if (opened === undefined) return;
  working(call, (memory) => {
    const rows = new ElementRows(memory);
    if (operation === 'union') union(call, opened, rows, memory);
    else if (operation === 'diff') difference(opened, rows);
    else if (!opened.includes(undefined)) {
      eachCommon(opened as Sets[], ({ memberBytes, memberStart, memberLength }) => {
        rows.add(memberBytes, memberStart, memberLength);
        return true;
      });
    }
    use(rows, memory);
  });
}

/** `visit` answers whether to go on. */
function eachCommon(opened: Sets[], visit: (set: Sets) => boolean): void {
  const [smallest, ...others] = opened.toSorted((a, b) => a.size - b.size);
  const isThere = (other: Sets): boolean => other.has(smallest.memberBytes, smallest.memberStart, smallest.memberLength);
  smallest.rewind();
  while (smallest.next()) if (others.every(isThere) && !visit(smallest)) return;
}

function union({ node }: Call, opened: readonly (Sets | undefined)[], rows: ElementRows, memory: WorkingMemory): void {
  const table = new MemberTable(memory, rows);
  for (const set of opened) {
    if (set === undefined) continue;
    set.rewind();
    while (set.next()) table.rowOf(node.store.hashKey(set.memberBytes, set.memberStart, set.memberLength), set.memberBytes, set.memberStart, set.memberLength);
  }
  table.free();
}

function difference([first, ...others]: readonly (Sets | undefined)[], rows: ElementRows): void {
  if (first === undefined) return;
  const isThere = (other: Sets | undefined): boolean => other?.has(first.memberBytes, first.memberStart, first.memberLength) === true;
  first.rewind();
  while (first.next()) if (!others.some(isThere)) rows.add(first.memberBytes, first.memberStart, first.memberLength);
}

function bytesOf(rows: ElementRows): number {
  let total = 0;
  for (let i = 0; i < rows.count; i++) total += rows.lengthOf(i);
  return total;
}

function storeMembers(call: Call, rows: ElementRows, event: string): void {
  const { store } = call.node;
  const { bytes, start, length } = call;
  if (rows.count === 0) {
    if (removeKey(call, 1)) keyChanged(call, 1, 'g', 'del');
    return call.reply.integer(0);
  }
  for (let i = 0; i < rows.count; i++) rows.own(i);
  if (!makeRoom(call, 1, bytesOf(rows) + rows.count * memberOverheadBytes, 1)) return;
  removeKey(call, 1);
  const { sets } = store.collections;
  sets.edit(bytes, start[1], length[1], call.keySlot, store.hashKey(bytes, start[1], length[1]), call.nowMs);
  for (let i = 0; i < rows.count; i++) {
    rows.look(i);
    sets.add(rows.bytes, rows.start, rows.length);
  }
  sets.done();
  keyChanged(call, 1, 's', event);
  call.reply.integer(rows.count);
}
