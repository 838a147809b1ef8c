import type { Command } from './registry.ts';
import type { Call, KeySpec, OptionGrammar } from './spec.ts';

/** Where one key of a call is, and how the command uses it. */
export interface KeyPosition {
  readonly index: number;
  readonly spec: KeySpec;
}

type Arguments = Pick<Call, 'bytes' | 'argc' | 'start' | 'length'>;

/**
 * Positions of all keys of a call, or undefined when its arguments do not say where (wrong count, missing keyword).
 * `forRouting` takes in what is no key and yet has a slot (sharded channels).
 */
export function keyPositions(command: Command, call: Arguments, forRouting = false): readonly KeyPosition[] | undefined {
  const positions: KeyPosition[] = [];
  for (const spec of command.spec.keys) {
    const begin = beginOf(spec, call);
    if (begin === undefined) {
      if (spec.beginSearch.type === 'keyword' || takesTheRest(spec)) continue;
      return undefined;
    }
    const indices = indicesOf(spec, begin, call);
    if (indices === undefined) return undefined;
    if (forRouting || !spec.flags.includes('not_key')) for (const index of indices) positions.push({ index, spec });
  }
  return positions;
}

/** Keys up to the end of the arguments: there may be none (PFMERGE). */
function takesTheRest({ findKeys }: KeySpec): boolean {
  return findKeys.type === 'range' && findKeys.lastKey < 0;
}

function beginOf(spec: KeySpec, call: Arguments): number | undefined {
  const search = spec.beginSearch;
  if (search.type === 'unknown') return undefined;
  if (search.type === 'index') return search.index < call.argc ? search.index : undefined;
  if (spec.options !== undefined) return valueOfLast(search.keyword.toLowerCase(), spec.options, call);
  const step = search.startFrom < 0 ? -1 : 1;
  for (let i = search.startFrom < 0 ? call.argc + search.startFrom : search.startFrom; i > 0 && i < call.argc; i += step) {
    if (wordAt(call, i) === search.keyword.toLowerCase()) return i + 1 < call.argc ? i + 1 : undefined;
  }
  return undefined;
}

/** Walks over the options as the command does: neither an earlier one nor a value that looks like an option may stand for what is used. */
function valueOfLast(keyword: string, { first, values, rivals }: OptionGrammar, call: Arguments): number | undefined {
  let found: number | undefined;
  for (let i = first; i < call.argc; i++) {
    const word = wordAt(call, i);
    const count = Object.hasOwn(values, word) ? values[word] : 0;
    if (i + count >= call.argc) continue;
    if (rivals.includes(word)) found = word === keyword ? i + 1 : undefined;
    i += count;
  }
  return found;
}

function wordAt(call: Arguments, i: number): string {
  return Buffer.from(call.bytes.buffer, call.bytes.byteOffset + call.start[i], call.length[i]).toString('latin1').toLowerCase();
}

function indicesOf(spec: KeySpec, begin: number, call: Arguments): readonly number[] | undefined {
  const find = spec.findKeys;
  if (find.type === 'unknown') return undefined;
  if (find.type === 'range') {
    const last = find.lastKey >= 0 ? begin + find.lastKey : lastFromEnd(find.lastKey, find.limit, begin, call.argc);
    if (last >= call.argc || last < begin) return undefined;
    return stepped(begin, last, find.step);
  }
  const at = begin + find.keyNumIndex;
  if (at >= call.argc) return undefined;
  const text = Buffer.from(call.bytes.buffer, call.bytes.byteOffset + call.start[at], call.length[at]).toString('latin1');
  const count = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  const first = begin + find.firstKey;
  const last = first + (count - 1) * find.step;
  if (count < 0 || last >= call.argc) return undefined;
  return stepped(first, last, find.step);
}

/** `limit` > 1 with lastKey -1: only the first 1/limit of what follows are keys (XREAD). */
function lastFromEnd(lastKey: number, limit: number, begin: number, argc: number): number {
  return limit <= 1 ? argc + lastKey : begin + Math.trunc((argc - begin) / limit + lastKey);
}

function stepped(first: number, last: number, step: number): readonly number[] {
  const indices: number[] = [];
  for (let i = first; i <= last; i += step) indices.push(i);
  return indices;
}
