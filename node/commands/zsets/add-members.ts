import { doubleAt } from '../double-argument.ts';
import { editCollection, keyChanged, optionIs, syntaxErrorLine } from '../key-access.ts';
import { keyReady } from '../blocking-keys.ts';
import type { Call } from '../spec.ts';

const option = { ifAbsent: 1, ifPresent: 2, ifGreater: 4, ifLess: 8, countsChanged: 16, increments: 32 } as const;
const longestOption = 4;

const notAFloatLine = 'ERR value is not a valid float';

/** ZADD and ZINCRBY: all scores are looked at before the first change. */
export function addMembers(call: Call, named: 'zadd' | 'zincrby'): void {
  const { argc, reply } = call;
  let options: number = named === 'zincrby' ? option.increments : 0;
  let first = 2;
  for (; first < argc; first++) {
    const found = optionAt(call, first);
    if (found === 0) break;
    options |= found;
  }
  const fault = faultOf(options, argc - first);
  if (fault !== undefined) return reply.error(fault);
  for (let i = first; i < argc; i += 2) if (Number.isNaN(doubleAt(call, i))) return reply.error(notAFloatLine);
  change(call, first, options);
}

function faultOf(options: number, words: number): string | undefined {
  if (words === 0 || words % 2 !== 0) return syntaxErrorLine;
  if (options === 0) return undefined;
  const has = (bit: number): boolean => (options & bit) !== 0;
  if (has(option.ifAbsent) && has(option.ifPresent)) return 'ERR XX and NX options at the same time are not compatible';
  if ((has(option.ifGreater) ? 1 : 0) + (has(option.ifLess) ? 1 : 0) + (has(option.ifAbsent) ? 1 : 0) > 1) return 'ERR GT, LT, and/or NX options at the same time are not compatible';
  return has(option.increments) && words > 2 ? 'ERR INCR option supports a single increment-element pair' : undefined;
}

function optionAt(call: Call, i: number): number {
  if (call.length[i] > longestOption || call.length[i] < 2 || call.bytes[call.start[i]] < 0x41) return 0;
  if (optionIs(call, i, 'nx')) return option.ifAbsent;
  if (optionIs(call, i, 'xx')) return option.ifPresent;
  if (optionIs(call, i, 'gt')) return option.ifGreater;
  if (optionIs(call, i, 'lt')) return option.ifLess;
  if (optionIs(call, i, 'ch')) return option.countsChanged;
  return optionIs(call, i, 'incr') ? option.increments : 0;
}

function change(call: Call, first: number, options: number): void {
  const { argc, bytes, start, length, reply } = call;
  const { zsets } = call.node.store.collections;
  if (!editCollection(call, 1, zsets)) return;
  const increments = (options & option.increments) !== 0;
  let added = 0;
  let updated = 0;
  let settled = 0;
  /** INCR: the new score; NaN until there is one. */
  let result = Number.NaN;
  for (let i = first; i < argc; i += 2) {
    let score = doubleAt(call, i);
    const isThere = zsets.find(bytes, start[i + 1], length[i + 1]);
    if (isThere ? (options & option.ifAbsent) !== 0 : (options & option.ifPresent) !== 0) continue;
    if (isThere) {
      const old = zsets.score;
      if (increments) score += old;
      if (Number.isNaN(score)) {
        settled = -1;
        break;
      }
      if ((options & option.ifGreater) !== 0 && score <= old) continue;
      if ((options & option.ifLess) !== 0 && score >= old) continue;
      if (score !== old) {
        zsets.set(bytes, start[i + 1], length[i + 1], score);
        updated += 1;
      }
    } else {
      zsets.set(bytes, start[i + 1], length[i + 1], score);
      added += 1;
    }
    settled += 1;
    result = score;
  }
  zsets.done();
  if (added + updated > 0) {
    keyChanged(call, 1, 'z', increments ? 'zincr' : 'zadd');
    if (added > 0) keyReady(call, 1);
  }
  if (settled < 0) reply.error('ERR resulting score is not a number (NaN)');
  else if (!increments) reply.integer((options & option.countsChanged) === 0 ? added : added + updated);
  else if (settled === 0) reply.nil();
  else reply.double(result);
}
