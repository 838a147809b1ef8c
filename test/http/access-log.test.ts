import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../node/region-of-processes.ts';
import { startApiRegion, type ApiRegion } from './api-region.ts';
import { startPostgres, type PostgresServer } from './postgres-server.ts';

let postgres: PostgresServer;
let api: ApiRegion;
beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApiRegion(1, () => ({ env: { MERIDIAN_ACCESS_LOG: 'stdout,postgres', MERIDIAN_ACCESS_LOG_POSTGRES_URL: postgres.url, MERIDIAN_ACCESS_LOG_RETENTION_DAYS: '2' } }));
}, 60_000);
afterAll(async () => {
  await api.close();
  await postgres.stop();
});

interface LogRow {
  readonly namespace: string;
  readonly key_pattern: string;
  readonly operation: string;
  readonly hit: boolean | null;
  readonly status: number;
  readonly latency_ms: number;
  readonly partition: string;
}

const rowsLike = (pattern: string): Promise<readonly LogRow[]> => postgres.query<LogRow>(`SELECT *, tableoid::regclass::text AS partition FROM cache_access_logs WHERE key_pattern LIKE '${pattern}' ORDER BY timestamp`);
const put = (key: string) => api.ask('PUT', `/cache/default/${key}`, { value: 1 });
const get = (key: string) => api.ask('GET', `/cache/default/${key}`);

describe('the access log in PostgreSQL', () => {
  it('has every request in the partition of its day, and the namespaces beside it', { timeout: 60_000 }, async () => {
    await put('user_1');
    await get('user_1');
    await get('user_2');
    const rows = await eventually(() => rowsLike('user_*'), (found) => found.length >= 3);
    expect(rows.map(({ namespace, operation, hit, status }) => [namespace, operation, hit, status])).toEqual([['default', 'put', null, 201], ['default', 'get', true, 200], ['default', 'get', false, 404]]);
    expect(rows.every(({ latency_ms: ms, partition }) => ms > 0 && /^cache_access_logs_\d{8}$/.test(partition))).toBe(true);
    const [known] = await eventually(() => postgres.query<{ logged_requests: string; logged_hits: string }>("SELECT * FROM cache_namespaces WHERE namespace = 'default'"), (found) => found.length === 1);
    expect(Number(known.logged_requests)).toBeGreaterThanOrEqual(3);
    expect(Number(known.logged_hits)).toBeGreaterThanOrEqual(1);
    const line = await eventually(() => Promise.resolve(api.nodes[0].records.find((record) => record.message === 'access' && record.operation === 'put')), (found) => found !== undefined);
    expect(line).toMatchObject({ namespace: 'default', key_pattern: 'user_*', status: 201 });
  });

  it('drops days that are over', { timeout: 60_000 }, async () => {
    await postgres.query("CREATE TABLE cache_access_logs_20200101 PARTITION OF cache_access_logs FOR VALUES FROM ('2020-01-01 00:00:00+00') TO ('2020-01-02 00:00:00+00')");
    await postgres.halt();
    await postgres.start();
    await eventually(async () => {
      await get('again_1');
      return postgres.query<{ name: string }>("SELECT relname AS name FROM pg_class WHERE relname = 'cache_access_logs_20200101'");
    }, (found) => found.length === 0);
  });

  it('costs the requests nothing while the server is away, hangs, or is full, and goes on afterwards', { timeout: 120_000 }, async () => {
    const served = async (): Promise<void> => {
      for (let i = 0; i < 50; i++) expect((await put(`busy_${i}`)).status).toBeLessThan(300);
    };
    await postgres.halt();
    await served();
    await postgres.start();
    await eventually(async () => {
      await put('back_1');
      return rowsLike('back_*');
    }, (found) => found.length > 0);

    postgres.signal('SIGSTOP');
    await served();
    postgres.signal('SIGCONT');

    await postgres.query("ALTER TABLE cache_access_logs ADD CONSTRAINT full_disk CHECK (key_pattern NOT LIKE 'full%') NOT VALID");
    await put('full_1');
    await served();
    await eventually(() => api.nodes[0].records, (records) => records.some(({ message, sink }) => message === 'records of the access log were lost' && sink === 'postgres'));
    await eventually(async () => {
      await put('after_1');
      return rowsLike('after_*');
    }, (found) => found.length > 0);
  });
});
