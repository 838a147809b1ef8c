import type { Sets } from '../../engine/collections/sets.ts';
import type { Zsets } from '../../engine/collections/zsets.ts';
import { entryType } from '../../engine/entry-layout.ts';
import { readKey, wrongTypeLine } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { MemberTable } from '../working-memory/member-table.ts';
import { ScoredRows } from '../working-memory/scored-rows.ts';
import type { WorkingMemory } from '../working-memory/working-memory.ts';

export type Operation = 'inter' | 'union' | 'diff';
export type Aggregate = 'sum' | 'min' | 'max';

/** A key that ZUNION and its kin read: a sorted set, a plain set (all scores are 1), or nothing. */
interface Source {
  readonly zset: Zsets | undefined;
  readonly set: Sets | undefined;
  readonly size: number;
  weight: number;
}

/** Undefined after answering WRONGTYPE. */
export function openSources(call: Call, first: number, count: number): Source[] | undefined {
  const { store } = call.node;
  const { collections } = store;
  const sources: Source[] = [];
  for (let i = 0; i < count; i++) {
    const ref = readKey(call, first + i);
    const type = ref === 0 ? entryType.zset : store.typeOf(ref);
    if (type !== entryType.zset && type !== entryType.set) {
      call.reply.error(wrongTypeLine);
      return undefined;
    }
    const zset = ref !== 0 && type === entryType.zset ? collections.otherZset(i) : undefined;
    const set = type === entryType.set ? collections.otherSet(i) : undefined;
    const opened = zset ?? set;
    opened?.load(ref);
    sources.push({ zset, set, size: opened?.size ?? 0, weight: 1 });
  }
  return sources;
}

/** Members in order of their scores. */
export function combine(call: Call, memory: WorkingMemory, sources: readonly Source[], operation: Operation, aggregate: Aggregate): ScoredRows {
  const found = new ScoredRows(memory);
  const bySize = sources.toSorted((a, b) => a.size - b.size);
  if (operation === 'diff') difference(sources, found);
  else if (operation === 'inter') eachCommon(bySize, aggregate, ({ memberBytes, memberStart, memberLength }, score) => (found.add(memberBytes, memberStart, memberLength, score), true));
  else union(call, memory, bySize, aggregate, found);
  found.sort();
  return found;
}

/** ZINTERCARD: no more than `limit` are looked for. */
export function countCommon(sources: readonly Source[], limit: number): number {
  let count = 0;
  eachCommon(sources.toSorted((a, b) => a.size - b.size), 'sum', () => ++count < limit);
  return count;
}

function aggregated(old: number, value: number, aggregate: Aggregate): number {
  if (aggregate === 'min') return value < old ? value : old;
  if (aggregate === 'max') return value > old ? value : old;
  return orZero(old + value);
}

/** inf - inf and 0 × inf count as 0. */
const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);

/** `visit` answers whether to go on. */
function eachCommon([smallest, ...others]: readonly Source[], aggregate: Aggregate, visit: (view: Sets | Zsets, score: number) => boolean): void {
  rewind(smallest);
  let score = 0;
  const isThere = (other: Source): boolean => {
    const view = viewOf(smallest);
    if (!contains(other, view.memberBytes, view.memberStart, view.memberLength)) return false;
    score = aggregated(score, scoreOf(other) * other.weight, aggregate);
    return true;
  };
  while (next(smallest)) {
    score = orZero(smallest.weight * scoreOf(smallest));
    if (others.every(isThere) && !visit(viewOf(smallest), score)) return;
  }
}

function union({ node }: Call, memory: WorkingMemory, sources: readonly Source[], aggregate: Aggregate, found: ScoredRows): void {
  const table = new MemberTable(memory, found.rows);
  for (const source of sources) {
    rewind(source);
    while (next(source)) {
      const { memberBytes, memberStart, memberLength } = viewOf(source);
      const score = orZero(source.weight * scoreOf(source));
      const row = table.rowOf(node.store.hashKey(memberBytes, memberStart, memberLength), memberBytes, memberStart, memberLength);
      found.setScore(row, table.isNew ? score : aggregated(found.scoreOf(row), score, aggregate));
    }
  }
  table.free();
}

function difference([first, ...others]: readonly Source[], found: ScoredRows): void {
  const isThere = (other: Source): boolean => {
    const view = viewOf(first);
    return contains(other, view.memberBytes, view.memberStart, view.memberLength);
  };
  rewind(first);
  while (next(first)) {
    if (others.some(isThere)) continue;
    const { memberBytes, memberStart, memberLength } = viewOf(first);
    found.add(memberBytes, memberStart, memberLength, scoreOf(first));
  }
}

function rewind({ zset, set }: Source): void {
  (zset ?? set)?.rewind();
}

const next = ({ zset, set, size }: Source): boolean => size > 0 && ((zset ?? set)?.next() ?? false);

const scoreOf = ({ zset }: Source): number => zset?.score ?? 1;

const viewOf = ({ zset, set }: Source): Sets | Zsets => zset ?? (set as Sets);

function contains({ zset, set }: Source, bytes: Uint8Array, start: number, length: number): boolean {
  return zset?.find(bytes, start, length) ?? set?.has(bytes, start, length) ?? false;
}
