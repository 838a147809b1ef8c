import fc from 'fast-check';
import { createServer } from 'node:http';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { RequestHead } from './request-head.ts';

const limits = { mostHeadBytes: 4_096, mostWholeBytes: 8_192 };
const head = new RequestHead(limits);
const kindOf = (text: string): string => {
  const bytes = Buffer.from(text, 'latin1');
  return head.parse(bytes, 0, bytes.length);
};
const get = 'GET /api/v1/cache/default/k HTTP/1.1\r\n';
const put = (headers: string, body: string): string => `PUT /api/v1/cache/default/k HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`;

describe('takes by itself', () => {
  it.each([
    ['a GET', `${get}Host: a\r\n\r\n`, 'direct'],
    ['headers in any letters, with spaces around their values', `${get}hOST:a\r\naccept-ENCODING: \t gzip \r\nConnection: Keep-Alive\r\n\r\n`, 'direct'],
    ['a PUT of JSON', put('content-type: application/json; charset=utf-8\r\nContent-Length: 11\r\n', '{"value":1}'), 'direct'],
    ['another PUT, for the framework', put('content-type: text/plain\r\nContent-Length: 2\r\n', 'ab'), 'whole'],
    ['a query', 'GET /a?fill=1 HTTP/1.1\r\nHost: a\r\n\r\n', 'whole'],
    ['a GET with a body', `${get}Host: a\r\nContent-Length: 1\r\n\r\nx`, 'whole'],
    ['another method', 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n', 'whole'],
    ['a long body that is still coming', put('content-type: application/json\r\nContent-Length: 100000\r\n', 'x'), 'large'],
  ])('%s', (_what, text, kind) => expect(kindOf(text)).toBe(kind));

  it('what it says of a request', () => {
    expect(kindOf(`${put('Content-Type: application/json\r\nX-Trace-Id:  t-1 \r\nAuthorization: Bearer abc\r\ncontent-length: 2\r\n', '{}')}GET`)).toBe('direct');
    expect([head.method, head.target, head.body.toString(), head.header('x-trace-id'), head.header('authorization'), head.header('accept')]).toEqual(['PUT', '/api/v1/cache/default/k', '{}', 't-1', 'Bearer abc', undefined]);
  });

  it('no request before its last byte is there', () => {
    const whole = put('content-type: application/json\r\nContent-Length: 11\r\n', '{"value":1}');
    for (let length = 1; length < whole.length; length++) expect([length, kindOf(whole.slice(0, length))]).toEqual([length, 'incomplete']);
  });
});

describe('leaves to the complete parser', () => {
  it.each([
    ['Transfer-Encoding', put('Transfer-Encoding: chunked\r\n', '0\r\n\r\n')],
    ['both lengths', put('Content-Length: 5\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n')],
    ['two lengths', put('Content-Length: 2\r\nContent-Length: 2\r\n', '{}')],
    ['a list of lengths', put('Content-Length: 2, 2\r\n', '{}')],
    ['a length with a sign', put('Content-Length: +2\r\n', '{}')],
    ['a length in hexadecimal', put('Content-Length: 0x2\r\n', '{}')],
    ['an empty length', put('Content-Length:\r\n', '{}')],
    ['a length that no number holds', put(`Content-Length: ${'9'.repeat(30)}\r\n`, '{}')],
    ['a space before the colon', put('Content-Length : 2\r\n', '{}')],
    ['a folded header', `${get}Host: a\r\n b\r\n\r\n`],
    ['a bare line feed', `${get}Host: a\n\r\n`],
    ['a bare carriage return', `${get}Host: a\rb\r\n\r\n`],
    ['a NUL in a value', `${get}Host: a\0b\r\n\r\n`],
    ['a header without a name', `${get}: a\r\n\r\n`],
    ['another version', 'GET /a HTTP/1.0\r\n\r\n'],
    ['no host', `${get}\r\n`],
    ['two hosts', `${get}Host: a\r\nHost: a\r\n\r\n`],
    ['two spaces', 'GET  /a HTTP/1.1\r\n\r\n'],
    ['a tab for a space', 'GET\t/a HTTP/1.1\r\n\r\n'],
    ['a byte outside of ASCII in the path', 'GET /ä HTTP/1.1\r\n\r\n'],
    ['a whole URL', 'GET http://a/b HTTP/1.1\r\n\r\n'],
    ['an empty line first', `\r\n${get}\r\n`],
    ['another protocol', `${get}Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
    ['the end of the connection', `${get}Host: a\r\nConnection: close\r\n\r\n`],
    ['a wish to be told to go on', put('Expect: 100-continue\r\nContent-Length: 2\r\n', '{}')],
    ['an endless head', `${get}X: ${'x'.repeat(5_000)}`],
  ])('%s', (_what, text) => expect(kindOf(text)).toBe('foreign'));
});

/** What Node's parser makes of the bytes. */
function heard(text: string): Promise<readonly string[]> {
  const requests: string[] = [];
  return new Promise((resolve) => {
    const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const server = createServer({ requireHostHeader: false }, (request) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
      request.on('end', () => void requests.push(`${request.method} ${request.url} ${body}`));
    });
    server.on('clientError', () => void requests.push('refused'));
    server.emit('connection', stream);
    stream.push(Buffer.from(text, 'latin1'));
    setImmediate(() => setImmediate(() => {
      stream.destroy();
      resolve(requests);
    }));
  });
}

it('agrees with Node on where a request ends, whatever is in it', async () => {
  const piece = fc.constantFrom('GET ', 'PUT ', '/a', '?q=1', ' HTTP/1.1\r\n', ' HTTP/1.0\r\n', 'Host: a\r\n', 'Content-Length: 3\r\n', 'Content-Length: 0\r\n', 'Content-Length:3\r\n', 'content-length: 03\r\n', 'Transfer-Encoding: chunked\r\n', 'Content-Type: application/json\r\n', 'Connection: keep-alive\r\n', 'Connection: close\r\n', 'X-A : b\r\n', 'X: \t\r\n', ' folded\r\n', '\r\n', '\n', '\0', 'abc', '3\r\nabc\r\n0\r\n\r\n', 'Upgrade: x\r\n', 'Ü: ö\r\n', 'X: ö\r\n', '\r');
  const usual = fc.tuple(fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'OPTIONS'), fc.constantFrom('/a', '/a?q=1'), fc.array(piece, { maxLength: 5 }), fc.constantFrom('', 'abc', 'abcGET / HTTP/1.1\r\n\r\n')).map(([method, path, headers, body]) => `${method} ${path} HTTP/1.1\r\nHost: b\r\n${headers.join('')}\r\n${body}`);
  await fc.assert(
    fc.asyncProperty(fc.oneof(usual, fc.array(piece, { minLength: 1, maxLength: 10 }).map((pieces) => pieces.join(''))), async (text) => {
      const kind = kindOf(text);
      if (kind !== 'direct' && kind !== 'whole') return;
      const expected = `${head.method} ${head.target} ${head.body.toString('latin1')}`;
      expect(await heard(text.slice(0, head.end))).toEqual([expected]);
    }),
    { numRuns: 2_000 },
  );
}, 60_000);
