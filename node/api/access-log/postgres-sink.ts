import pg from 'pg';
import type { Ports } from '../../../shared/ports/ports.ts';
import type { AccessSink } from './access-log.ts';
import { keyPattern } from './key-pattern.ts';
import { migrations, outdated, partitionOf, schemaLock, type Partition } from './migrations.ts';
import type { AccessRecord } from './record.ts';

export interface PostgresSinkOptions {
  readonly ports: Ports;
  /** postgres://user:password@host:port/database */
  readonly url: string;
  readonly retentionDays: number;
  readonly place: { readonly cluster: string; readonly region: string; readonly node: string };
  /** It was lost or cannot be had: for the log. */
  readonly unreachable: (error: unknown) => void;
}

const patienceMs = 5_000;
const firstRetryMs = 1_000;
const longestRetryMs = 30_000;

const insert = `INSERT INTO cache_access_logs (timestamp, cluster, region, node, namespace, key_pattern, operation, hit, status, latency_ms, bytes, user_name, trace_id)
  SELECT to_timestamp(at_ms / 1000.0), $1, $2, $3, namespace, key_pattern, operation, hit, status, latency_ms, bytes, user_name, trace_id
  FROM unnest($4::float8[], $5::text[], $6::text[], $7::text[], $8::bool[], $9::int2[], $10::float8[], $11::int8[], $12::text[], $13::text[])
    AS given (at_ms, namespace, key_pattern, operation, hit, status, latency_ms, bytes, user_name, trace_id)`;
const count = `INSERT INTO cache_namespaces AS known (cluster, namespace, first_seen, last_seen, logged_requests, logged_hits)
  SELECT $1, namespace, to_timestamp(min(at_ms) / 1000.0), to_timestamp(max(at_ms) / 1000.0), count(*), count(*) FILTER (WHERE hit)
  FROM unnest($2::float8[], $3::text[], $4::bool[]) AS given (at_ms, namespace, hit) WHERE namespace <> '' GROUP BY namespace ORDER BY namespace
  ON CONFLICT (cluster, namespace) DO UPDATE SET last_seen = greatest(known.last_seen, excluded.last_seen),
    logged_requests = known.logged_requests + excluded.logged_requests, logged_hits = known.logged_hits + excluded.logged_hits`;

/** Records in PostgreSQL, one connection a node. Tables and the partitions of days are made when they are missing, old days are dropped. */
export function postgresSink(options: PostgresSinkOptions): AccessSink {
  const { ports, place } = options;
  let client: pg.Client | undefined;
  let retryMs = firstRetryMs;
  let closed = false;
  const partitions = new Set<string>();

  async function connect(): Promise<void> {
    const next = new pg.Client({ connectionString: options.url, connectionTimeoutMillis: patienceMs, query_timeout: patienceMs, statement_timeout: patienceMs, application_name: `meridian ${place.node}`, keepAlive: true });
    next.on('error', (error) => lose(next, error));
    next.on('end', () => lose(next, new Error('the connection was closed')));
    try {
      await next.connect();
      await migrate(next);
      if (closed) await next.end();
      else client = next;
      retryMs = firstRetryMs;
    } catch (error) {
      next.removeAllListeners('end');
      next.end().catch(() => undefined);
      again(error);
    }
  }

  /** Once per lost connection. */
  function lose(lost: pg.Client, error: unknown): void {
    if (client !== lost) return;
    client = undefined;
    again(error);
  }

  function again(error: unknown): void {
    if (closed) return;
    options.unreachable(error);
    partitions.clear();
    ports.timers.after(retryMs, () => void connect(), { keepAlive: false });
    retryMs = Math.min(longestRetryMs, retryMs * 2);
  }

  async function addPartition(to: pg.Client, partition: Partition): Promise<void> {
    if (partitions.has(partition.name)) return;
    await locked(to, async () => {
      await to.query(`CREATE TABLE IF NOT EXISTS ${partition.name} PARTITION OF cache_access_logs FOR VALUES FROM ('${partition.from}') TO ('${partition.to}')`);
      const { rows } = await to.query<{ name: string }>("SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'cache_access_logs'::regclass");
      for (const name of outdated(rows.map((row) => row.name), ports.clock.wallMs(), options.retentionDays)) await to.query(`DROP TABLE ${name}`);
    });
    partitions.add(partition.name);
  }

  async function write(records: readonly AccessRecord[]): Promise<void> {
    const to = client;
    if (to === undefined) throw new Error('PostgreSQL is not connected');
    try {
      for (const partition of new Map(records.map(({ atMs }) => [Math.floor(atMs / 86_400_000), partitionOf(atMs)])).values()) await addPartition(to, partition);
      const times = records.map(({ atMs }) => atMs);
      const namespaces = records.map(({ namespace }) => namespace);
      const hits = records.map(({ hit }) => hit ?? null);
      await to.query(insert, [
        place.cluster, place.region, place.node, times, namespaces, records.map(({ key }) => keyPattern(key)), records.map(({ operation }) => operation), hits, records.map(({ status }) => status),
        records.map(({ latencyMs }) => latencyMs), records.map(({ bytes }) => bytes), records.map(({ user }) => user), records.map(({ traceId }) => traceId),
      ]);
      await to.query(count, [place.cluster, times, namespaces, hits]);
    } catch (error) {
      // A connection with a statement that hangs is of no more use; the next one begins anew.
      to.end().catch(() => undefined);
      lose(to, error);
      throw error;
    }
  }

  void connect();
  return {
    name: 'postgres',
    get ready() {
      return client !== undefined;
    },
    write,
    async close() {
      closed = true;
      const last = client;
      client = undefined;
      await last?.end().catch(() => undefined);
    },
  };
}

async function locked(to: pg.Client, work: () => Promise<void>): Promise<void> {
  await to.query('BEGIN');
  try {
    await to.query(`SELECT pg_advisory_xact_lock(${schemaLock})`);
    await work();
    await to.query('COMMIT');
  } catch (error) {
    await to.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function migrate(to: pg.Client): Promise<void> {
  await locked(to, async () => {
    await to.query('CREATE TABLE IF NOT EXISTS cache_schema (version integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())');
    const { rows } = await to.query<{ version: number | null }>('SELECT max(version) AS version FROM cache_schema');
    for (let version = (rows[0]?.version ?? 0) + 1; version <= migrations.length; version++) {
      await to.query(migrations[version - 1]);
      await to.query('INSERT INTO cache_schema (version) VALUES ($1)', [version]);
    }
  });
}
