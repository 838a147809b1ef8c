import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startApiRegion, type ApiRegion } from './api-region.ts';
import { chunked, chunksOf, get, json, path, put, statuses, talkAndEnd, talkTo } from './raw-requests.ts';

let api: ApiRegion;
beforeAll(async () => {
  api = await startApiRegion(2);
}, 60_000);
afterAll(() => api.close());
beforeEach(() => api.ask('PUT', '/cache/default/victim', { value: 'alive' }));

/** One of the two serves the key, the other passes the request on. */
const nodes = [0, 1];
const portOf = (node: number): number => api.nodes[node].ports.http;
const smuggled = `DELETE ${path}/victim HTTP/1.1\r\nHost: a\r\n\r\n`;
const isAlive = async (): Promise<boolean> => (await api.ask('GET', '/cache/default/victim')).body.value === 'alive';

describe('a last request', () => {
  it.each([
    ['nonsense behind a GET', get('victim', 'Connection: close\r\n'), 'xxxx'],
    ['nonsense behind a PUT', put('closing', `Connection: close\r\nContent-Length: ${json.length}\r\n`, json), 'xxxx'],
    ['nonsense behind a body in chunks', put('closing', `Connection: close\r\n${chunked}`, chunksOf(json)), 'GARBAGE\r\n\r\n'],
    ['an empty line', put('closing', `Connection: close\r\nContent-Length: ${json.length}\r\n`, json), '\r\n'],
    ['another request', put('closing', `Connection: close\r\nContent-Length: ${json.length}\r\n`, json), smuggled],
    ['nonsense behind HTTP/1.0', `GET ${path}/victim HTTP/1.0\r\n\r\n`, '\0\x01'],
    ['another request behind HTTP/1.0', `PUT ${path}/closing HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`, smuggled],
  ])('has an answer, and nothing follows it: %s', async (_what, request, behind) => {
    await api.ask('PUT', '/cache/default/closing', { value: 0 });
    for (const node of nodes) {
      expect(statuses(await talkTo(portOf(node), request + behind))).toEqual([200]);
      expect(statuses(await talkTo(portOf(node), request, behind))).toEqual([200]);
      expect(statuses(await talkTo(portOf(node), get('none') + request + behind))).toEqual([404, 200]);
    }
    expect(await isAlive()).toBe(true);
  });

  it.each([
    ['a GET', get('victim'), [200]],
    ['a PUT', put('half', `Content-Length: ${json.length}\r\n`, json), [200]],
    ['several', get('victim') + `POST ${path}/mget HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n{"keys":["victim"]}` + get('none') + get('victim'), [200, 200, 404, 200]],
    ['a body in chunks', put('half', chunked, chunksOf(json)) + get('half'), [200, 200]],
    ['one of HTTP/1.0', `GET ${path}/victim HTTP/1.0\r\n\r\n`, [200]],
    ['one that waits', get('half-filled?fill=1&wait_ms=200') + get('victim'), [404, 200]],
    ['one and a half', get('victim') + get('victim').slice(0, 30), [200]],
  ])('who sends %s and no more is answered, and the connection closed', async (_what, bytes, wanted) => {
    await api.ask('PUT', '/cache/default/half', { value: 1 });
    await api.ask('GET', '/cache/default/half-filled?fill=1');
    for (const node of nodes) expect(statuses(await talkAndEnd(portOf(node), bytes))).toEqual(wanted);
  });

  it('who sends half a body and no more is not kept', async () => {
    expect(statuses(await talkAndEnd(portOf(0), put('half', `Content-Length: ${json.length}\r\n`, '{"va')))).toEqual([]);
    expect([[], [400]]).toContainEqual(statuses(await talkAndEnd(portOf(0), put('half', chunked, '5\r\n{"v'))));
  });

  it('a request behind a body that had to be waited for sees what that wrote', async () => {
    for (let i = 0; i < 20; i++) {
      const body = JSON.stringify({ value: `expected-${i}` });
      const said = await talkTo(portOf(i % 2), put('ordered', `Expect: 100-continue\r\nContent-Length: ${body.length}\r\n`, body) + get('ordered', 'Connection: close\r\n'));
      expect(said).toContain(`{"value":"expected-${i}","metadata"`);
    }
  });
});
