import type { Operation } from './history.ts';

/**
 * Linearizability of a register per key (Wing and Gong 1993, with Lowe's 2017 memoisation of visited configurations). Each key is
 * checked alone: linearizability is local. An operation with an unknown outcome may be placed anywhere after its call, or left
 * out. Failed operations had no effect by their answer's promise and are not part of the history.
 */
export interface LinearizabilityResult {
  readonly ok: boolean;
  readonly key?: string;
  /** The operations of the key that could not be ordered. */
  readonly operations?: readonly Operation[];
}

interface Entry {
  readonly operation: Operation;
  readonly callMs: number;
  readonly returnMs: number;
  readonly optional: boolean;
}

const nothing = Symbol('nothing');
type State = string | typeof nothing;

function stateAfter(operation: Operation, state: State): State | undefined {
  switch (operation.kind) {
    case 'write':
      return operation.value;
    case 'delete':
      return nothing;
    case 'read':
      return (operation.value ?? nothing) === state ? state : undefined;
    default:
      return undefined;
  }
}

/** Entries in the order of their calls, the placed ones taken out: what is looked at is what was under way together, however long the history is. */
function checkKey(entries: readonly Entry[]): boolean {
  const end = entries.length;
  const following = Int32Array.from({ length: end + 1 }, (_, i) => (i === end ? 0 : i + 1));
  const preceding = Int32Array.from({ length: end + 1 }, (_, i) => (i === 0 ? end : i - 1));
  const required = entries.filter((entry) => !entry.optional).length;
  const seen = new Set<string>();

  /** Which are placed, and the value they left: all up to `highest` but those named. */
  const configuration = (state: State, highest: number): string => {
    let text = `${state === nothing ? '~' : `=${state}`} ${highest}`;
    for (let i = following[end]; i < highest; i = following[i]) text += ` ${i}`;
    return text;
  };
  const take = (i: number): void => {
    following[preceding[i]] = following[i];
    preceding[following[i]] = preceding[i];
  };
  const putBack = (i: number): void => {
    following[preceding[i]] = i;
    preceding[following[i]] = i;
  };
  /** Only an operation called before the earliest return of what is still open can come first. */
  const horizon = (): number => {
    let untilMs = Infinity;
    for (let i = following[end]; i !== end && entries[i].callMs <= untilMs; i = following[i]) if (!entries[i].optional && entries[i].returnMs < untilMs) untilMs = entries[i].returnMs;
    return untilMs;
  };

  const stack: { readonly index: number; readonly state: State; readonly highest: number }[] = [];
  let state: State = nothing;
  let highest = -1;
  let done = 0;
  let next = following[end];
  for (;;) {
    if (done === required) return true;
    const horizonMs = horizon();
    let placed = false;
    for (let i = next; i !== end && entries[i].callMs <= horizonMs && !placed; i = following[i]) {
      const after = stateAfter(entries[i].operation, state);
      if (after === undefined) continue;
      take(i);
      const known = configuration(after, Math.max(highest, i));
      if (seen.has(known)) {
        putBack(i);
        continue;
      }
      seen.add(known);
      stack.push({ index: i, state, highest });
      state = after;
      highest = Math.max(highest, i);
      if (!entries[i].optional) done += 1;
      placed = true;
    }
    if (placed) {
      next = following[end];
      continue;
    }
    const frame = stack.pop();
    if (frame === undefined) return false;
    putBack(frame.index);
    if (!entries[frame.index].optional) done -= 1;
    ({ state, highest } = frame);
    next = following[frame.index];
  }
}

/**
 * An unanswered write whose value nobody else wrote: never read, it may be left out; read, it took effect before the first of these reads returned. Without this every
 * such write would be tried everywhere, which a history with many of them cannot be checked with.
 */
function settleUnanswered(entries: readonly Entry[]): Entry[] {
  const writers = new Map<string | undefined, number>();
  const firstReadMs = new Map<string | undefined, number>();
  for (const { operation, returnMs } of entries) {
    const { kind, value } = operation;
    if (kind === 'write') writers.set(value, (writers.get(value) ?? 0) + 1);
    if (kind === 'read') firstReadMs.set(value, Math.min(firstReadMs.get(value) ?? Infinity, returnMs));
  }
  return entries.flatMap((entry) => {
    const { kind, value } = entry.operation;
    if (!entry.optional || kind !== 'write' || (writers.get(value) ?? 0) > 1) return [entry];
    const returnMs = firstReadMs.get(value);
    return returnMs === undefined ? [] : [{ ...entry, optional: false, returnMs }];
  });
}

export function checkLinearizability(operations: readonly Operation[]): LinearizabilityResult {
  const byKey = new Map<string, Entry[]>();
  for (const operation of operations) {
    if (operation.outcome === 'failed' || operation.stale === true) continue;
    if (operation.outcome === 'unknown' && operation.kind === 'read') continue;
    const optional = operation.outcome === 'unknown';
    const entry = { operation, callMs: operation.callMs, returnMs: optional ? Infinity : (operation.returnMs as number), optional };
    const list = byKey.get(operation.key);
    if (list === undefined) byKey.set(operation.key, [entry]);
    else list.push(entry);
  }
  for (const [key, entries] of byKey) {
    entries.sort((a, b) => a.callMs - b.callMs || a.operation.id - b.operation.id);
    if (!checkKey(settleUnanswered(entries))) return { ok: false, key, operations: entries.map((entry) => entry.operation) };
  }
  return { ok: true };
}
