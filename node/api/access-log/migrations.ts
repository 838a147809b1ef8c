/** Schema of the access log, step by step; a step that has been shipped is never changed. */
export const migrations: readonly string[] = [
  `CREATE TABLE cache_access_logs (
     timestamp timestamptz NOT NULL,
     cluster text NOT NULL,
     region text NOT NULL,
     node text NOT NULL,
     namespace text NOT NULL,
     key_pattern text NOT NULL,
     operation text NOT NULL,
     hit boolean,
     status smallint NOT NULL,
     latency_ms double precision NOT NULL,
     bytes bigint NOT NULL,
     user_name text NOT NULL,
     trace_id text NOT NULL
   ) PARTITION BY RANGE (timestamp);
   CREATE INDEX cache_access_logs_by_namespace ON cache_access_logs (namespace, timestamp);
   CREATE TABLE cache_namespaces (
     cluster text NOT NULL,
     namespace text NOT NULL,
     first_seen timestamptz NOT NULL,
     last_seen timestamptz NOT NULL,
     logged_requests bigint NOT NULL,
     logged_hits bigint NOT NULL,
     PRIMARY KEY (cluster, namespace)
   )`,
];

/** All nodes of all clusters that write to one database change its schema one after the other. */
export const schemaLock = 7_265_646_101;

const dayMs = 86_400_000;

export interface Partition {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** The partition that a moment belongs to; days are those of UTC. */
export function partitionOf(wallMs: number): Partition {
  const day = Math.floor(wallMs / dayMs);
  const from = new Date(day * dayMs).toISOString().slice(0, 10);
  const to = new Date((day + 1) * dayMs).toISOString().slice(0, 10);
  return { name: `cache_access_logs_${from.replaceAll('-', '')}`, from: `${from} 00:00:00+00`, to: `${to} 00:00:00+00` };
}

/** Partitions whose whole day lies further back than `days`. */
export function outdated(names: readonly string[], nowMs: number, days: number): readonly string[] {
  const oldest = partitionOf(nowMs - days * dayMs).name;
  return names.filter((name) => /^cache_access_logs_\d{8}$/.test(name) && name < oldest);
}
