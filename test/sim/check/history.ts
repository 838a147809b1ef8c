/**
 * What clients saw, one record per operation, in the order of the call. Values written are unique, so a value names its write.
 * An operation whose answer never came stays open: it may have taken effect at any time after its call, or never.
 */
export interface Operation {
  readonly id: number;
  readonly client: number;
  readonly key: string;
  readonly kind: 'read' | 'write' | 'delete';
  /** Written value (write), or what was read (read; undefined = nothing there). */
  value?: string;
  readonly callMs: number;
  /** Absent while the outcome is unknown. */
  returnMs?: number;
  outcome: 'ok' | 'failed' | 'unknown';
  /** Read from a replica after READONLY: held to the session rules, not to linearizability. */
  readonly stale?: boolean;
  /** Who answered, for the reports: pod and epoch. */
  answeredBy?: string;
  /** Why the outcome is unknown, for the reports. */
  reason?: string;
}

export interface History {
  readonly operations: readonly Operation[];
  call(operation: Pick<Operation, 'client' | 'key' | 'kind' | 'value' | 'stale'>): Operation;
  /** `value` is what a read saw. */
  done(operation: Operation, outcome: 'ok' | 'failed', more?: { readonly value?: string; readonly answeredBy?: string }): void;
}

export function createHistory(nowMs: () => number): History {
  const operations: Operation[] = [];
  return {
    operations,
    call(operation) {
      const record: Operation = { ...operation, id: operations.length, callMs: nowMs(), outcome: 'unknown' };
      operations.push(record);
      return record;
    },
    done(operation, outcome, more) {
      operation.outcome = outcome;
      operation.returnMs = nowMs();
      if (operation.kind === 'read') operation.value = more?.value;
      operation.answeredBy = more?.answeredBy;
    },
  };
}

/** One line per operation, for a report. */
export function showOperation(one: Operation): string {
  const end = one.returnMs === undefined ? '      …' : one.returnMs.toFixed(1);
  const value = one.kind === 'delete' ? '' : ` ${one.value ?? '(nothing)'}`;
  return `${one.callMs.toFixed(1)}–${end} client ${one.client} ${one.kind} ${one.key}${value} → ${one.outcome}${one.answeredBy === undefined ? '' : ` by ${one.answeredBy}`}${one.reason === undefined ? '' : ` (${one.reason})`}`;
}
