/** What a client program is told on standard input. */
export interface Task {
  /** `host:port` of the seeds. */
  readonly addresses: readonly string[];
  readonly password: string;
  readonly keys: readonly string[];
  /** A key's value is this, then the key. */
  readonly value: string;
  /** Whether it writes before it reads. */
  readonly write: boolean;
  /** `host:port` that the cluster announces → `host:port` under which it is reached from here; what is missing is reached as announced. */
  readonly reach: Readonly<Record<string, string>>;
  /** Writes and reads back again and again, a number after each value, until standard input ends; then reads each key once more. */
  readonly endless?: boolean;
}

export function parseAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

/** What it says on standard output. */
export interface Result {
  readonly written: number;
  readonly read: number;
  readonly errors: readonly string[];
  /** Of one operation; only where the task was endless. */
  readonly longestMs?: number;
}
