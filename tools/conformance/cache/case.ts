import type { ApiClient } from './api-client.ts';
import type { RedisLoad } from './redis-load.ts';

/** What the cases are run against. */
export interface Subject {
  readonly api: ApiClient;
  /** Absent: no Redis address is known. */
  readonly redis: RedisLoad | undefined;
  /** A cluster of our own, whose node may be killed. */
  readonly own: OwnCluster | undefined;
}

export interface OwnCluster {
  /** Kills the node's process; local mode starts it again. */
  killNode(): void;
  /** The process that runs the cluster is there. */
  alive(): boolean;
  /** A small cluster beside it, which is full soon. */
  small(): Promise<{ readonly api: ApiClient; readonly redis: RedisLoad; stop(): Promise<void> }>;
}

/** A case gives its figure when it holds, and throws when it does not. */
export interface ConformanceCase {
  readonly id: string;
  readonly title: string;
  readonly needs?: 'redis' | 'own';
  readonly run: (subject: Subject) => Promise<string>;
}

export type Outcome = { readonly kind: 'passed'; readonly figure: string } | { readonly kind: 'failed'; readonly reason: string } | { readonly kind: 'not run'; readonly reason: string };

/** The case does not hold. */
export class Unmet extends Error {}

export function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Unmet(what);
}

/** Throws unless the figure is below its bound. */
export function below(value: number, bound: number, unit: string, what: string): string {
  demand(value < bound, `${what} ${rounded(value)} ${unit}, wanted < ${bound} ${unit}`);
  return `${what} ${rounded(value)} ${unit}`;
}

export function above(value: number, bound: number, unit: string): string {
  demand(value > bound, `${rounded(value)} ${unit}, wanted > ${bound} ${unit}`);
  return `${rounded(value)} ${unit}`;
}

const rounded = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2));

const patienceMs = 60_000;

/** Asks again until it is so. */
export async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await ask().catch(() => false))) {
    demand(Date.now() < end, `${what}: not within ${patienceMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
