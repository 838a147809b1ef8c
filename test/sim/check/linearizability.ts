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

/** Keys of the configuration cache: which operations are placed (bit set) and the value they left. */
function checkKey(entries: readonly Entry[]): boolean {
  const count = entries.length;
  const placed = new Uint8Array(count);
  const seen = new Set<string>();
  const required = entries.filter((entry) => !entry.optional).length;

  const configuration = (state: State): string => {
    let text = state === nothing ? '~' : `=${state}`;
    for (let i = 0; i < count; i += 8) {
      let byte = 0;
      for (let bit = 0; bit < 8 && i + bit < count; bit++) byte |= placed[i + bit] << bit;
      text += String.fromCharCode(byte);
    }
    return text;
  };

  interface Frame {
    readonly index: number;
    readonly state: State;
  }
  const stack: Frame[] = [];
  let state: State = nothing;
  let done = 0;
  let next = 0;
  for (;;) {
    if (done === required) return true;
    let advanced = false;
    // Only an operation called before the earliest return of what is still open can come first.
    let horizonMs = Infinity;
    for (let i = 0; i < count; i++) if (!placed[i] && !entries[i].optional && entries[i].returnMs < horizonMs) horizonMs = entries[i].returnMs;
    for (let i = next; i < count; i++) {
      if (placed[i]) continue;
      const entry = entries[i];
      if (entry.callMs > horizonMs) break;
      const after = stateAfter(entry.operation, state);
      if (after === undefined) continue;
      placed[i] = 1;
      const key = configuration(after);
      if (seen.has(key)) {
        placed[i] = 0;
        continue;
      }
      seen.add(key);
      stack.push({ index: i, state });
      state = after;
      if (!entry.optional) done += 1;
      next = 0;
      advanced = true;
      break;
    }
    if (advanced) continue;
    const frame = stack.pop();
    if (frame === undefined) return false;
    placed[frame.index] = 0;
    if (!entries[frame.index].optional) done -= 1;
    state = frame.state;
    next = frame.index + 1;
  }
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
    if (!checkKey(entries)) return { ok: false, key, operations: entries.map((entry) => entry.operation) };
  }
  return { ok: true };
}
