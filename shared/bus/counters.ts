import type { ErrorCode } from '../errors/table.ts';

/** What happened to connections of a listener or dialler since the process started; shown as metrics. */
export interface BusCounters {
  opened: number;
  /** By error code: BUS_PROTOCOL, BUS_AUTH, BUS_IDENTITY, BUS_TARGET, BUS_TIMEOUT, BUS_BUSY … */
  readonly refused: Partial<Record<ErrorCode, number>>;
}

export const newBusCounters = (): BusCounters => ({ opened: 0, refused: {} });

export function countRefused(counters: BusCounters, code: ErrorCode): void {
  counters.refused[code] = (counters.refused[code] ?? 0) + 1;
}
