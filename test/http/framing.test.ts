import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startApiRegion, type ApiRegion } from './api-region.ts';
import { chunked, chunksOf, get, json, path, put, statuses, talkTo } from './raw-requests.ts';

let api: ApiRegion;
beforeAll(async () => {
  api = await startApiRegion(1);
}, 60_000);
afterAll(() => api.close());
beforeEach(() => api.ask('PUT', '/cache/default/victim', { value: 'alive' }));

const talk = (...pieces: readonly string[]): Promise<string> => talkTo(api.nodes[0].ports.http, ...pieces);
const last = get('victim', 'Connection: close\r\nX-Trace-Id: last\r\n');
const smuggled = `DELETE ${path}/victim HTTP/1.1\r\nHost: a\r\n\r\n`;
const isAlive = async (): Promise<boolean> => (await api.ask('GET', '/cache/default/victim')).body.value === 'alive';

describe('what two readers could take for different requests', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['both lengths', put('s', `Content-Length: ${json.length}\r\n${chunked}`, `0\r\n\r\n${smuggled}`)],
    ['both lengths, the other way round', put('s', `${chunked}Content-Length: 3\r\n`, `0\r\n\r\n${smuggled}`)],
    ['two lengths', put('s', 'Content-Length: 11\r\nContent-Length: 11\r\n', json + smuggled)],
    ['two lengths that differ', put('s', 'Content-Length: 11\r\nContent-Length: 0\r\n', json + smuggled)],
    ['a list of lengths', put('s', 'Content-Length: 11, 11\r\n', json + smuggled)],
    ['a length with a sign', put('s', 'Content-Length: +11\r\n', json + smuggled)],
    ['a negative length', put('s', 'Content-Length: -1\r\n', smuggled)],
    ['a length in hexadecimal', put('s', 'Content-Length: 0xb\r\n', json + smuggled)],
    ['a length that overflows', put('s', `Content-Length: ${'9'.repeat(40)}\r\n`, smuggled)],
    ['a space before the colon', put('s', `Transfer-Encoding : chunked\r\nContent-Length: 11\r\n`, json + smuggled)],
    ['an encoding that is none', put('s', 'Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${smuggled}`)],
    ['chunked, but not last', put('s', 'Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${smuggled}`)],
    ['a vertical tab in the encoding', put('s', 'Transfer-Encoding: \vchunked\r\nContent-Length: 11\r\n', json + smuggled)],
    ['a chunk that is longer than it says', put('s', chunked, `1\r\n${smuggled}`)],
    ['a chunk with a size that is none', put('s', chunked, `zz\r\n${smuggled}`)],
    ['a chunk with a size that overflows', put('s', chunked, `${'f'.repeat(20)}\r\n${smuggled}`)],
    ['a bare line feed in the head', `GET ${path}/victim HTTP/1.1\nHost: a\n\n${smuggled}`],
    ['a bare line feed behind a header', `GET ${path}/victim HTTP/1.1\r\nHost: a\nX: b\r\n\r\n${smuggled}`],
    ['a bare carriage return', `GET ${path}/victim HTTP/1.1\r\nHost: a\rX: b\r\n\r\n${smuggled}`],
    ['a NUL in a header', get('victim', 'X: a\0b\r\n') + smuggled],
    ['a header without a name', get('victim', ': a\r\n') + smuggled],
    ['a space in a header’s name', get('victim', 'X Y: a\r\n') + smuggled],
    ['no version', `GET ${path}/victim\r\n${smuggled}`],
    ['a version that is none', `GET ${path}/victim HTTP/9.9\r\nHost: a\r\n\r\n${smuggled}`],
    ['HTTP/2 from the start', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${smuggled}`],
    ['a method that is none', `GETS ${path}/victim HTTP/1.1\r\nHost: a\r\n\r\n${smuggled}`],
    ['a space in the path', `GET ${path}/a b HTTP/1.1\r\nHost: a\r\n\r\n${smuggled}`],
  ];

  it('is refused as a whole, and the connection closed', async () => {
    const seen = await Promise.all(cases.map(async ([what, bytes]) => {
      const said = await talk(bytes);
      return [what, statuses(said), /connection: close\r\n/i.test(said), said.includes('"MALFORMED_HTTP"')];
    }));
    expect(seen).toEqual(cases.map(([what]) => [what, [400], true, true]));
    expect(await isAlive()).toBe(true);
  });

  it('is refused after what came before was answered, however long that takes', async () => {
    await api.ask('GET', '/cache/default/slow?fill=1');
    const said = await talk(`POST ${path}/mget HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Trace-Id: t-1\r\n${chunked}\r\n${chunksOf('{"keys":["victim"]}')}GET ${path}/slow?fill=1&wait_ms=300&trace_id=t-2 HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n`);
    expect(statuses(said)).toEqual([200, 404, 400]);
    expect([...said.matchAll(/x-trace-id: (t-\d)/g)].map(([, id]) => id)).toEqual(['t-1', 't-2']);
  });

  it('is refused after what came before was answered', async () => {
    const said = await talk(`${get('victim', 'X-Trace-Id: t-1\r\n')}${get('victim?trace_id=t-2')}${put('s', 'Content-Length: 1\r\nContent-Length: 1\r\n', '1')}${smuggled}`);
    expect(statuses(said)).toEqual([200, 200, 400]);
    expect(await isAlive()).toBe(true);
  });
});

describe('a body is no request', () => {
  it.each([
    ['of a GET', `GET ${path}/victim HTTP/1.1\r\nHost: a\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`, 200],
    ['of a DELETE', `DELETE ${path}/none HTTP/1.1\r\nHost: a\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`, 415],
    ['of a PUT that is no JSON', put('s', `Content-Length: ${smuggled.length}\r\n`, smuggled), 400],
    ['in chunks', put('s', chunked, chunksOf(smuggled)), 400],
    ['of a type that nobody knows', put('s', 'Content-Type: text/plain\r\nContent-Length: 49\r\n', '').replace('Content-Type: application/json\r\n', '').replace('49', String(smuggled.length)) + smuggled, 415],
    ['of a path that is none', `POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`, 404],
    ['above all limits', put('s', `Content-Length: ${34 * 1024 * 1024}\r\n`, smuggled.repeat(1_000)) + ' '.repeat(34 * 1024 * 1024 - smuggled.length * 1_000), 400],
  ])('%s', async (_what, bytes, status) => {
    const said = await talk(bytes + last);
    expect([statuses(said), said.includes('x-trace-id: last')]).toEqual([[status, 200], true]);
    expect(await isAlive()).toBe(true);
  });

  it('a folded header is one header', async () => {
    const said = await talk(get('victim', `X: a\r\n Content-Length: 5\r\n\tTransfer-Encoding: chunked\r\n`) + last);
    expect([[200, 200], [400]]).toContainEqual(statuses(said));
  });
});

describe('what is unusual, but right', () => {
  it('bodies in chunks, with extensions and trailers, and more behind them', async () => {
    const said = await talk(put('chunks', chunked, `5;a=b\r\n{"val\r\n6\r\nue":1}\r\n0\r\nX-Trailer: t\r\n\r\n`), get('chunks'), last);
    expect(statuses(said)).toEqual([201, 200, 200]);
    expect(said).toContain('{"value":1,');
  });

  it('Expect: 100-continue is told to go on before the body comes', async () => {
    const socket = connect(api.nodes[0].ports.http, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(put('expected', `Expect: 100-continue\r\nContent-Length: ${json.length}\r\nConnection: close\r\n`, ''));
    expect(String((await once(socket, 'data'))[0])).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
    socket.write(json);
    await once(socket, 'close');
    expect(statuses(said)).toEqual([201]);
    expect(statuses(await talk(put('expected', `Expect: 200-ok\r\nContent-Length: ${json.length}\r\nConnection: close\r\n`, json)))).toEqual([417]);
  });

  it('HTTP/1.0 is answered and closed, unless it asks for more', async () => {
    expect(statuses(await talk(`GET ${path}/victim HTTP/1.0\r\n\r\n`))).toEqual([200]);
    const said = await talk(`GET ${path}/victim HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`, `GET ${path}/victim HTTP/1.0\r\n\r\n`);
    expect(statuses(said)).toEqual([200, 200]);
  });

  it('HEAD has no body, so that the next answer follows its headers', async () => {
    const said = await talk(`HEAD ${path}/victim HTTP/1.1\r\nHost: a\r\n\r\nHEAD ${path}/none HTTP/1.1\r\nHost: a\r\n\r\nHEAD /health HTTP/1.1\r\nHost: a\r\n\r\n${last}`);
    const heads = said.split('\r\n\r\n');
    expect(heads.slice(0, 4).map((head) => statuses(head))).toEqual([[200], [404], [200], [200]]);
    expect(heads[0]).toMatch(/content-length: \d\d/);
  });

  it('a whole URL stands for its path', async () => {
    const said = await talk(`GET http://cache.example:8080${path}/victim?trace_id=whole HTTP/1.1\r\nHost: cache.example\r\n\r\nGET HTTP://[::1]:8080/health HTTP/1.1\r\nHost: a\r\n\r\nGET http://a HTTP/1.1\r\nHost: a\r\n\r\n${last}`);
    expect(statuses(said)).toEqual([200, 200, 404, 200]);
    expect(said).toContain('x-trace-id: whole');
  });

  it('Connection: close is the last request, whatever stands behind it', async () => {
    const said = await talk(last + smuggled);
    expect(statuses(said)).toEqual([200]);
    expect(said).toMatch(/connection: close/i);
    expect(await isAlive()).toBe(true);
  });

  it.each([['none', ''], ['two', 'Host: a\r\nHost: b\r\n'], ['two alike', 'Host: a\r\nX: y\r\nhost: a\r\n']])('a request of HTTP/1.1 with Host headers: %s, is refused', async (_what, hosts) => {
    for (const call of [`GET ${path}/victim`, 'GET /health', `DELETE ${path}/victim`]) {
      const said = await talk(`${call} HTTP/1.1\r\n${hosts}\r\n${smuggled}`);
      expect([statuses(said), said.includes('"MALFORMED_HTTP"'), /connection: close/i.test(said)]).toEqual([[400], true, true]);
    }
    expect(await isAlive()).toBe(true);
  });

  it('another protocol is not spoken: the request is answered in this one', async () => {
    for (const upgrade of ['Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n']) {
      const socket = connect(api.nodes[0].ports.http, '127.0.0.1');
      for (const request of [get('victim', upgrade), last]) {
        socket.write(request);
        expect(statuses(String((await once(socket, 'data'))[0]))).toEqual([200]);
      }
      await once(socket, 'close');
    }
  });

  it('nobody is connected through to anywhere', async () => {
    expect(await talk(`CONNECT victim:80 HTTP/1.1\r\nHost: a\r\n\r\n${smuggled}`)).not.toContain(' 200 ');
    expect(await isAlive()).toBe(true);
  });
});

it('a thousand requests behind one that waits do not run before it, nor get lost', async () => {
  const count = 1_000;
  await api.ask('GET', '/cache/default/waited?fill=1');
  const waits = `POST ${path}/mget HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${chunked}\r\n${chunksOf('{"keys":["victim"]}')}GET ${path}/waited?fill=1&wait_ms=500 HTTP/1.1\r\nHost: a\r\n\r\n`;
  const said = await talk(waits + Array.from({ length: count }, (_, i) => put('counted', `Content-Length: ${JSON.stringify({ value: i }).length}\r\n`, JSON.stringify({ value: i }))).join('') + get('counted', 'Connection: close\r\n'));
  expect(statuses(said)).toEqual([200, 404, 201, ...Array.from({ length: count }, () => 200)]);
  expect(said).toContain(`{"value":${count - 1},"metadata"`);
});

describe('answers keep the order of their requests', () => {
  const requests = (i: number): string => {
    const traced = `X-Trace-Id: t-${i}\r\n`;
    const body = JSON.stringify({ value: i, ttl: 60 });
    const keys = '{"keys":["victim","none"]}';
    return [
      get('victim', traced),
      get(`missing-${i}?fill=1&wait_ms=0`, traced),
      put(`p-${i}`, `${traced}Content-Length: ${body.length}\r\n`, body),
      `POST ${path}/mget HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${traced}Content-Length: ${keys.length}\r\n\r\n${keys}`,
      get('victim', `${traced}Accept-Encoding: gzip\r\n`),
      `GET ${path}/stats HTTP/1.1\r\nHost: a\r\n${traced}\r\n`,
      `DELETE ${path}/p-${i - 5} HTTP/1.1\r\nHost: a\r\n${traced}\r\n`,
      `GET /health HTTP/1.1\r\nHost: a\r\n${traced}\r\n`,
      put(`large-${i}`, `${traced}Content-Length: 200013\r\n`, `{"value":"${'x'.repeat(200_001)}"}`),
      get('large-8', `${traced}Accept-Encoding: br\r\n`),
      put(`c-${i}`, traced + chunked, chunksOf(body)),
    ][i % 11];
  };
  const count = 66;
  const all = Array.from({ length: count }, (_, i) => requests(i));
  const order = (said: string): readonly number[] => [...said.matchAll(/x-trace-id: t-(\d+)/gi)].map(([, i]) => Number(i));
  const expected = Array.from({ length: count }, (_, i) => i);

  it('fast and slow ones in one write', async () => {
    const said = await talk(all.join('') + last);
    expect(order(said)).toEqual(expected);
    expect(statuses(said).length).toBe(count + 1);
  });

  it('in pieces that end anywhere', async () => {
    const short = all.filter((text) => text.length < 1_000).join('') + last;
    const pieces = Array.from({ length: Math.ceil(short.length / 7) }, (_, i) => short.slice(i * 7, i * 7 + 7));
    const said = await talk(...pieces);
    expect(order(said)).toEqual(expected.filter((i) => i % 11 !== 8));
  });
});
