import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApiRegion, type ApiRegion } from './api-region.ts';

let api: ApiRegion;
beforeAll(async () => {
  api = await startApiRegion(1);
}, 60_000);
afterAll(() => api.close());

const json = { 'content-type': 'application/json' };
const key = '/cache/default/k';

describe('a clear code for', () => {
  it.each<[string, string, string, unknown, number, string, Record<string, string>?]>([
    ['an unknown namespace', 'GET', '/cache/nobody/k', undefined, 400, 'INVALID_NAMESPACE'],
    ['a name that no namespace can have', 'GET', '/cache/No_Body/k', undefined, 400, 'INVALID_NAMESPACE'],
    ['malformed JSON', 'PUT', key, '{"value":', 400, 'MALFORMED_JSON', json],
    ['JSON that is not UTF-8', 'PUT', key, Buffer.from('{"value":"\xff"}', 'latin1'), 400, 'MALFORMED_JSON', json],
    ['no body', 'PUT', key, '', 400, 'MALFORMED_JSON', json],
    ['JSON of another shape', 'PUT', key, [1], 400, 'INVALID_REQUEST'],
    ['a missing value', 'PUT', key, {}, 400, 'INVALID_REQUEST'],
    ['an unknown field', 'PUT', key, { value: 1, ttll: 5 }, 400, 'INVALID_REQUEST'],
    ['a negative TTL', 'PUT', key, { value: 1, ttl: -1 }, 400, 'INVALID_REQUEST'],
    ['a TTL of 0', 'PUT', key, { value: 1, ttl: 0 }, 400, 'INVALID_REQUEST'],
    ['a TTL that is a text', 'PUT', key, { value: 1, ttl: '60' }, 400, 'INVALID_REQUEST'],
    ['a tag with a space', 'PUT', key, { value: 1, tags: ['a b'] }, 400, 'INVALID_REQUEST'],
    ['a version that is no number', 'PUT', key, { value: 1, expected_version: { eu: 'x' } }, 400, 'INVALID_REQUEST'],
    ['keys that are no list', 'POST', '/cache/default/mget', { keys: 'a' }, 400, 'INVALID_REQUEST'],
    ['too many keys', 'POST', '/cache/default/mget', { keys: Array.from({ length: 1_001 }, String) }, 400, 'INVALID_REQUEST'],
    ['an entry with a negative TTL', 'POST', '/cache/default/mset', { entries: [{ key: 'a', value: 1, ttl: -1 }] }, 400, 'INVALID_REQUEST'],
    ['bytes where JSON is due', 'POST', '/cache/default/mset', Buffer.from([1]), 415, 'UNSUPPORTED_MEDIA', { 'content-type': 'application/octet-stream' }],
    ['a form', 'PUT', key, 'value=1', 415, 'UNSUPPORTED_MEDIA', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a packed body', 'PUT', key, Buffer.from([1]), 415, 'UNSUPPORTED_MEDIA', { ...json, 'content-encoding': 'gzip' }],
    ['an unknown query parameter', 'GET', `${key}?colour=red`, undefined, 400, 'INVALID_REQUEST'],
    ['a parameter that is there twice', 'GET', `${key}?fill=1&fill=1`, undefined, 400, 'INVALID_REQUEST'],
    ['a wrong consistency', 'GET', `${key}?consistency=strong`, undefined, 400, 'INVALID_REQUEST'],
    ['pattern and tag at once', 'DELETE', '/cache/default?pattern=a&tag=b', undefined, 400, 'INVALID_REQUEST'],
    ['a key of 70 KiB', 'GET', `/cache/default/${'k'.repeat(70 * 1024)}`, undefined, 400, 'KEY_TOO_LARGE'],
    ['such a key in a list', 'POST', '/cache/default/mset', { entries: [{ key: 'k'.repeat(70 * 1024), value: 1 }] }, 400, 'KEY_TOO_LARGE'],
    ['a key with a lonely percent', 'GET', '/cache/default/100%', undefined, 400, 'INVALID_KEY'],
    ['an escape that is none', 'GET', '/cache/default/%zz', undefined, 400, 'INVALID_KEY'],
    ['an empty key', 'GET', '/cache/default/', undefined, 400, 'INVALID_KEY'],
    ['an empty key in a list', 'POST', '/cache/default/mget', { keys: [''] }, 400, 'INVALID_REQUEST'],
    ['a method that is none of a key', 'POST', key, {}, 405, 'METHOD_NOT_ALLOWED'],
    ['a path that is none', 'GET', '/caches', undefined, 404, 'NO_ROUTE'],
    ['a call that is not there yet', 'POST', '/cache/default/transact', {}, 501, 'NOT_IMPLEMENTED'],
    ['a body above all limits', 'PUT', key, Buffer.alloc(33 * 1024 * 1024, 0x20), 400, 'VALUE_TOO_LARGE', json],
  ])('%s', async (_what, method, path, body, status, code, headers) => {
    const answer = await api.ask(method, path, body, { headers });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.error).toEqual(expect.any(String));
    expect(answer.headers.get('x-trace-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('a key of exactly 64 KiB is fine, percent-encoded too', async () => {
    const longest = '%41'.repeat(64 * 1024);
    expect((await api.ask('PUT', `/cache/default/${longest}`, { value: 1 })).status).toBe(201);
    expect((await api.ask('GET', `/cache/default/${'A'.repeat(64 * 1024)}`)).status).toBe(200);
  });

  it('a value nested deeper than any parser likes', async () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    expect([201, 400]).toContain((await api.ask('PUT', '/cache/default/deep', `{"value":${deep}}`, { headers: json })).status);
    expect((await api.ask('GET', '/cache/topology')).status).toBe(200);
  });

  it('globs that explode take linear time', async () => {
    await api.ask('PUT', `/cache/default/${'a'.repeat(2_000)}`, { value: 1 });
    expect((await api.ask('DELETE', `/cache/default?pattern=${'*a'.repeat(500)}*b`)).body).toEqual({ success: true, deleted_count: 0 });
  });
});

/** Everything the node says on a connection until it closes it. */
async function conversation(work: (socket: Socket) => Promise<void> | void): Promise<string> {
  const socket = connect(api.nodes[0].ports.http, '127.0.0.1');
  await once(socket, 'connect');
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await work(socket);
  await closed;
  return said;
}

const drained = (socket: Socket): Promise<unknown> => (socket.destroyed ? Promise.resolve() : Promise.race([once(socket, 'drain'), once(socket, 'close')]));

describe('on the wire', () => {
  it('10 MB of headers are refused without being read', async () => {
    const said = await conversation(async (socket) => {
      socket.write('GET /api/v1/cache/default/k HTTP/1.1\r\nHost: a\r\n');
      const line = `X-Long: ${'x'.repeat(64 * 1024)}\r\n`;
      for (let i = 0; i < 160 && socket.writable; i++) if (!socket.write(line)) await drained(socket);
      socket.end();
    });
    expect(said).toMatch(/^HTTP\/1\.1 431 /);
    expect(said).toContain('"HEADERS_TOO_LARGE"');
  });

  it('nonsense is refused', async () => {
    const said = await conversation((socket) => void socket.write('nonsense\r\n\r\n'));
    expect(said).toMatch(/^HTTP\/1\.1 400 /);
    expect(said).toContain('"MALFORMED_HTTP"');
  });

  it('a request that drips in is cut off, and others are served meanwhile', { timeout: 60_000 }, async () => {
    const said = await conversation(async (socket) => {
      socket.write('GET /api/v1/cache/default/k HTTP/1.1\r\n');
      for (let i = 0; !socket.destroyed && socket.writable; i++) {
        socket.write(`X-${i}: drip\r\n`);
        expect((await api.ask('GET', '/cache/topology')).status).toBe(200);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    });
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
    expect(said).toContain('"REQUEST_TIMEOUT"');
  });

  it('dots in a path are part of the key, whatever they look like', async () => {
    await api.ask('PUT', '/cache/default/secret', { value: 'secret' });
    const said = await conversation((socket) => void socket.write(['x/../secret', '../default/secret', '..%2fdefault%2fsecret', 'secret%00'].map((path) => `GET /api/v1/cache/default/${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join('') + 'GET /../../health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(Array.from({ length: 5 }, () => 'HTTP/1.1 404'));
  });

  it('pipelined requests are answered in order', async () => {
    await api.ask('PUT', key, { value: 'p' });
    const count = 50;
    const said = await conversation((socket) => {
      const last = 'GET /api/v1/cache/default/k HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
      const paths = Array.from({ length: count }, (_, i) => `GET /api/v1/cache/default/${i % 2 === 0 ? 'k' : 'absent'} HTTP/1.1\r\nHost: a\r\nX-Trace-Id: t-${i}\r\n\r\n`);
      socket.write(paths.join('') + last);
    });
    expect([...said.matchAll(/x-trace-id: t-(\d+)/gi)].map(([, i]) => Number(i))).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(said.match(/HTTP\/1\.1 200 /g)?.length).toBe(count / 2 + 1);
  });

  it('a thousand connections are kept and served', { timeout: 60_000 }, async () => {
    await api.ask('PUT', key, { value: 'k' });
    const sockets = await Promise.all(Array.from({ length: 1_000 }, async () => {
      const socket = connect(api.nodes[0].ports.http, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    }));
    const answers = await Promise.all(sockets.map(async (socket) => {
      socket.write('GET /api/v1/cache/default/k HTTP/1.1\r\nHost: a\r\n\r\n');
      return String((await once(socket, 'data'))[0]).slice(0, 12);
    }));
    for (const socket of sockets) socket.destroy();
    expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 200']));
  });
});
