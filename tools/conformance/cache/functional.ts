import { demand, until, type ConformanceCase, type Subject } from './case.ts';

let count = 0;
/** A name that no other case uses. */
const fresh = (): string => `conformance-${process.pid}-${count++}`;

const status = (got: number, wanted: number): void => demand(got === wanted, `answered ${got}, wanted ${wanted}`);
const put = async ({ api }: Subject, key: string, body: object, wanted = 201): Promise<void> => status((await api.ask('PUT', `/${key}`, body)).status, wanted);
const same = (got: unknown, wanted: unknown): void => demand(JSON.stringify(got) === JSON.stringify(wanted), `got ${JSON.stringify(got)?.slice(0, 200)}, wanted ${JSON.stringify(wanted)?.slice(0, 200)}`);

const complexValue = { text: 'ünï ✓ "quoted" \\ \u2028 \u0000', numbers: [0, -1, 1.5, 1e21, 1e-7], nothing: null, yes: true, empty: {}, list: [[], [[]], [{ a: [1, { b: null }] }]], 'key with spaces': { nested: { deeper: { deepest: ['x'] } } } };
const megabyte = 1024 * 1024;

export const functionalCases: readonly ConformanceCase[] = [
  {
    id: 'F-01', title: 'get an existing key: 200',
    async run(subject) {
      const key = fresh();
      await put(subject, key, { value: 'there' });
      const answer = await subject.api.ask('GET', `/${key}`);
      status(answer.status, 200);
      same(answer.body.value, 'there');
      demand(answer.headers['x-trace-id'] !== undefined && answer.headers['x-cache-hit'] === 'true', 'headers X-Trace-Id and X-Cache-Hit are missing');
      return '200';
    },
  },
  {
    id: 'F-02', title: 'get a missing key: 404',
    async run({ api }) {
      const answer = await api.ask('GET', `/${fresh()}`);
      status(answer.status, 404);
      same(answer.body.error, 'Key not found');
      return '404';
    },
  },
  { id: 'F-03', title: 'put a new key: 201', run: async (subject) => put(subject, fresh(), { value: 1 }).then(() => '201') },
  {
    id: 'F-04', title: 'put an existing key: 200',
    async run(subject) {
      const key = fresh();
      await put(subject, key, { value: 1 });
      await put(subject, key, { value: 2 }, 200);
      same((await subject.api.ask('GET', `/${key}`)).body.value, 2);
      return '200';
    },
  },
  {
    id: 'F-05', title: 'delete an existing key: 200',
    async run(subject) {
      const key = fresh();
      await put(subject, key, { value: 1 });
      const answer = await subject.api.ask('DELETE', `/${key}`);
      status(answer.status, 200);
      same(answer.body, { success: true, deleted: true });
      status((await subject.api.ask('GET', `/${key}`)).status, 404);
      return '200';
    },
  },
  { id: 'F-06', title: 'delete a missing key: 404', run: async ({ api }) => (status((await api.ask('DELETE', `/${fresh()}`)).status, 404), '404') },
  {
    id: 'F-07', title: 'get an expired key: 404',
    async run(subject) {
      const key = fresh();
      await put(subject, key, { value: 1, ttl: 1 });
      const begin = performance.now();
      await until('expiry', async () => (await subject.api.ask('GET', `/${key}`)).status === 404);
      return `after ${((performance.now() - begin) / 1000).toFixed(2)} s`;
    },
  },
  {
    id: 'F-08', title: 'ttl=60 is honoured',
    async run(subject) {
      const key = fresh();
      await put(subject, key, { value: 1, ttl: 60 });
      const { ttl_remaining: ttl } = (await subject.api.ask('GET', `/${key}`)).body.metadata as { readonly ttl_remaining: number };
      demand(ttl > 50 && ttl <= 60, `ttl_remaining is ${ttl}`);
      return `${ttl} s left`;
    },
  },
  {
    id: 'F-09', title: 'mget of 5, some missing',
    async run(subject) {
      const keys = [fresh(), fresh(), fresh(), fresh(), fresh()];
      for (const key of keys.slice(0, 3)) await put(subject, key, { value: key });
      const { status: got, body } = await subject.api.ask('POST', '/mget', { keys });
      status(got, 200);
      same([body.hits, body.misses], [3, 2]);
      const results = body.results as Record<string, { readonly value: unknown; readonly found: boolean }>;
      same(keys.map((key) => results[key]?.found), [true, true, true, false, false]);
      return '3 hits, 2 misses';
    },
  },
  {
    id: 'F-10', title: 'mset of 5',
    async run({ api }) {
      const entries = Array.from({ length: 5 }, (_, i) => ({ key: fresh(), value: { i }, ttl: 60 }));
      const { status: got, body } = await api.ask('POST', '/mset', { entries });
      status(got, 200);
      same(body, { success: true, stored: 5 });
      for (const { key, value } of entries) same((await api.ask('GET', `/${key}`)).body.value, value);
      return '5 stored';
    },
  },
  {
    id: 'F-11', title: 'flush a namespace',
    async run(subject) {
      const keys = Array.from({ length: 20 }, fresh);
      await subject.api.ask('POST', '/mset', { entries: keys.map((key) => ({ key, value: 1 })) });
      const { status: got, body } = await subject.api.ask('DELETE', '');
      status(got, 200);
      demand((body.deleted_count as number) >= keys.length, `deleted_count is ${String(body.deleted_count)}`);
      same((await subject.api.ask('POST', '/mget', { keys })).body.hits, 0);
      return `${String(body.deleted_count)} deleted`;
    },
  },
  {
    id: 'F-12', title: 'flush by pattern',
    async run(subject) {
      const [mine, other] = [`${fresh()}-user_`, fresh()];
      for (let i = 0; i < 5; i++) await put(subject, `${mine}${i}`, { value: 1 });
      await put(subject, other, { value: 1 });
      const { status: got, body } = await subject.api.ask('DELETE', `?pattern=${encodeURIComponent(`${mine}*`)}`);
      status(got, 200);
      same(body.deleted_count, 5);
      status((await subject.api.ask('GET', `/${other}`)).status, 200);
      return '5 deleted';
    },
  },
  {
    id: 'F-13', title: 'statistics are exact',
    async run(subject) {
      const key = fresh();
      await put(subject, key, { value: 1 });
      const read = async () => (await subject.api.ask('GET', '/stats')).body as Record<string, number>;
      const before = await read();
      for (let i = 0; i < 7; i++) await subject.api.ask('GET', `/${key}`);
      for (let i = 0; i < 3; i++) await subject.api.ask('GET', `/${fresh()}`);
      await put(subject, fresh(), { value: 1 });
      const after = await read();
      same([after.hits - before.hits, after.misses - before.misses, after.total_keys - before.total_keys], [7, 3, 1]);
      demand(Math.abs(after.hit_rate - after.hits / (after.hits + after.misses)) < 1e-9, 'hit_rate is not hits / (hits + misses)');
      return '7 hits, 3 misses, 1 key more';
    },
  },
  {
    id: 'F-14', title: 'a value of 1 MB, or its size error',
    async run({ api }) {
      const key = fresh();
      const value = 'x'.repeat(megabyte);
      const { status: got, body } = await api.ask('PUT', `/${key}`, { value });
      if (got === 400) {
        same(body.error, 'Value too large');
        return 'refused by its size';
      }
      status(got, 201);
      demand((await api.ask('GET', `/${key}`)).body.value === value, 'another value came back');
      return 'stored and read';
    },
  },
  {
    id: 'F-15', title: 'complex JSON comes back as it was',
    async run(subject) {
      const key = fresh();
      await put(subject, key, { value: complexValue });
      same((await subject.api.ask('GET', `/${key}`)).body.value, complexValue);
      return 'equal';
    },
  },
];
