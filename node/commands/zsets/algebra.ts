import type { Sets } from '../../engine/collections/sets.ts';
import type { Zsets } from '../../engine/collections/zsets.ts';
import { entryType } from '../../engine/entry-layout.ts';
import { readKey, wrongTypeLine } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { inOrder, type ScoredMember } from './stored-members.ts';

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

/** Members in order of their scores. `limit`: no more of them are looked for (ZINTERCARD). */
export function combine(sources: readonly Source[], operation: Operation, aggregate: Aggregate, limit: number): readonly ScoredMember[] {
  if (operation === 'diff') return difference(sources).toSorted(inOrder);
  const bySize = sources.toSorted((a, b) => a.size - b.size);
  return (operation === 'inter' ? intersection(bySize, aggregate, limit) : union(bySize, aggregate)).toSorted(inOrder);
}

function aggregated(old: number, value: number, aggregate: Aggregate): number {
  if (aggregate === 'min') return value < old ? value : old;
  if (aggregate === 'max') return value > old ? value : old;
  return orZero(old + value);
}

/** inf - inf and 0 × inf count as 0. */
const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);

function intersection([smallest, ...others]: readonly Source[], aggregate: Aggregate, limit: number): ScoredMember[] {
  const found: ScoredMember[] = [];
  rewind(smallest);
  while (found.length < limit && next(smallest)) {
    const view = smallest.zset ?? (smallest.set as Sets);
    let score = orZero(smallest.weight * scoreOf(smallest));
    const isInAll = others.every((other) => {
      if (!contains(other, view.memberBytes, view.memberStart, view.memberLength)) return false;
      score = aggregated(score, scoreOf(other) * other.weight, aggregate);
      return true;
    });
    if (isInAll) found.push({ member: memberOf(smallest), score });
  }
  return found;
}

function union(sources: readonly Source[], aggregate: Aggregate): ScoredMember[] {
  const found = new Map<string, ScoredMember>();
  for (const source of sources) {
    rewind(source);
    while (next(source)) {
      const member = memberOf(source);
      const key = member.toString('latin1');
      const score = orZero(source.weight * scoreOf(source));
      const old = found.get(key);
      found.set(key, { member, score: old === undefined ? score : aggregated(old.score, score, aggregate) });
    }
  }
  return [...found.values()];
}

function difference([first, ...others]: readonly Source[]): ScoredMember[] {
  const found: ScoredMember[] = [];
  rewind(first);
  while (next(first)) {
    const view = first.zset ?? (first.set as Sets);
    if (!others.some((other) => contains(other, view.memberBytes, view.memberStart, view.memberLength))) found.push({ member: memberOf(first), score: scoreOf(first) });
  }
  return found;
}

function rewind({ zset, set }: Source): void {
  (zset ?? set)?.rewind();
}

const next = ({ zset, set, size }: Source): boolean => size > 0 && ((zset ?? set)?.next() ?? false);

const scoreOf = ({ zset }: Source): number => zset?.score ?? 1;

function memberOf({ zset, set }: Source): Buffer {
  const view = zset ?? (set as Sets);
  return Buffer.from(view.memberBytes.subarray(view.memberStart, view.memberStart + view.memberLength));
}

function contains({ zset, set }: Source, bytes: Uint8Array, start: number, length: number): boolean {
  return zset?.find(bytes, start, length) ?? set?.has(bytes, start, length) ?? false;
}
