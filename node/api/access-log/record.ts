/** One request, as the access log keeps it. */
export interface AccessRecord {
  readonly namespace: string;
  readonly key: string;
  readonly operation: string;
  /** Undefined where there is nothing to hit. */
  readonly hit: boolean | undefined;
  readonly status: number;
  readonly latencyMs: number;
  readonly atMs: number;
  readonly user: string;
  readonly bytes: number;
  readonly traceId: string;
}
