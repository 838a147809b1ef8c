import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { systemPorts } from '../../../shared/ports/system.ts';
import type { IoBackend, IoConnection, IoHandler } from '../../io/backend.ts';
import { listenHttp, type WireOptions } from './listen.ts';

/** What one client of the port sends and hears; the test says what arrives in which turn. */
interface Client {
  readonly handler: IoHandler;
  readonly heard: () => string;
  reading: boolean;
  open: boolean;
  pendingBytes: number;
}

const head = (method: string, target: string, headers = ''): string => `${method} ${target} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
const turn = (): Promise<void> => new Promise((resolve) => systemPorts.timers.soon(resolve));

function send({ handler }: Client, text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  handler.onData(bytes, 0, bytes.length);
}

/** A port whose calls answer with their method and path, direct ones at once, others when `answer` does. */
async function openPort(answer: (request: IncomingMessage, response: ServerResponse) => void = answerAfterBody, options: Partial<WireOptions> = {}): Promise<() => Client> {
  let accepted: ((connection: IoConnection) => IoHandler | undefined) | undefined;
  const backend: IoBackend = {
    name: 'test',
    listen: async (_options, accept) => {
      accepted = accept;
      return { host: 'test', port: 1, close: async () => undefined };
    },
  };
  await listenHttp({
    ports: systemPorts, backend, host: 'test', port: 0, mostHeaderBytes: 64 * 1024, mostConnections: 10, headersMs: 10_000, requestMs: 10_000, idleMs: 10_000, mostBufferBytes: () => 100_000_000,
    direct(connection, { method, target }) {
      connection.send(200, {}, '', `${method} ${target}`);
      return true;
    },
    handle: (request, response) => answer(request, response),
    faultAnswer: () => ({ status: '400 Bad Request', headers: {}, body: '' }),
    tooSlow: () => ({ status: 408, headers: {}, traceId: '', body: '' }),
    gone: () => undefined,
    ...options,
  });
  return () => {
    let heard = '';
    const client: Client = { heard: () => heard, reading: true, open: true, pendingBytes: 0, handler: undefined as never };
    const io: IoConnection = {
      remoteAddress: '', localAddress: '', fd: -1,
      get pendingBytes() {
        return client.pendingBytes;
      },
      write(buffer, length) {
        if (client.open) heard += buffer.toString('latin1', 0, length);
        return true;
      },
      pauseReading: () => void (client.reading = false),
      resumeReading: () => void (client.reading = true),
      end: () => void (client.open = false),
      destroy: () => void (client.open = false),
      setKeepAlive: () => undefined,
    };
    return Object.assign(client, { handler: accepted?.(io) as IoHandler });
  };
}

function answerAfterBody(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  request.on('end', () => response.end(`${request.method} ${request.url}`));
}

const answersIn = (heard: string): readonly string[] => [...heard.matchAll(/(?:GET|PUT|POST) \/\S+?(?=HTTP|$)/g)].map(([text]) => text);

const turns = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await turn();
};
const long = 'x'.repeat(100_000);
const longPut = head('PUT', '/long', `Content-Length: ${long.length}\r\n`);

describe('answers keep the order of their requests', () => {
  it('behind a long body of which all comes before anybody looked at it', async () => {
    const client = (await openPort())();
    send(client, longPut + long.slice(0, 60_000));
    send(client, long.slice(60_000, 90_000));
    send(client, long.slice(90_000) + head('GET', '/behind'));
    await turns();
    expect(answersIn(client.heard())).toEqual(['PUT /long', 'GET /behind']);
  });

  it('behind a long body that was answered before it had come', async () => {
    const client = (await openPort((request, response) => {
      response.end(`${request.method} ${request.url}`);
      request.resume();
    }))();
    send(client, longPut + long.slice(0, 60_000));
    await turns();
    send(client, long.slice(60_000) + head('GET', '/behind'));
    await turns();
    expect(answersIn(client.heard())).toEqual(['PUT /long', 'GET /behind']);
  });

  it('where one has more headers than those before it have room beside', async () => {
    const client = (await openPort(undefined, {
      direct(connection, { method, target }) {
        connection.send(200, target === '/tagged' ? { 'surrogate-key': 'x'.repeat(20_000) } : {}, '', `${method} ${target}`);
        return true;
      },
    }))();
    send(client, head('GET', '/first') + head('GET', '/tagged') + head('GET', '/last'));
    expect(answersIn(client.heard())).toEqual(['GET /first', 'GET /tagged', 'GET /last']);
  });
});

describe('who sends no more is answered, and the connection closed', () => {
  it('behind a long body of which all comes before anybody looked at it', async () => {
    const client = (await openPort())();
    send(client, longPut + long.slice(0, 60_000));
    send(client, long.slice(60_000));
    client.handler.onEnd?.();
    await turns();
    expect([answersIn(client.heard()), client.open]).toEqual([['PUT /long'], false]);
  });

  it('behind requests for the complete parser that waited for another', async () => {
    let first: ServerResponse | undefined;
    const client = (await openPort((request, response) => (request.url === '/first' ? void (first = response) : answerAfterBody(request, response))))();
    send(client, head('POST', '/first') + head('PUT', '/chunks', 'Transfer-Encoding: chunked\r\n') + '1\r\nx\r\n0\r\n\r\n');
    client.handler.onEnd?.();
    await turns();
    first?.end('POST /first');
    await turns();
    expect([answersIn(client.heard()), client.open]).toEqual([['POST /first', 'PUT /chunks'], false]);
  });
});

it('reads no more of a client whose requests wait in the complete parser, until they have run', async () => {
  const waiting: ServerResponse[] = [];
  const client = (await openPort((_, response) => void waiting.push(response)))();
  const foreign = head('POST', '/a', 'Connection: keep-alive, x\r\n');
  send(client, foreign.repeat(10));
  await turns();
  expect([client.reading, waiting.length]).toEqual([true, 1]);
  send(client, foreign.repeat(10));
  await turns();
  expect([client.reading, waiting.length]).toEqual([false, 1]);
  for (let i = 0; i < 20; i++) {
    waiting[i].end();
    await turns();
  }
  expect([client.reading, waiting.length]).toEqual([true, 20]);
});

it('runs no request of a client that has gone', async () => {
  const begun: string[] = [];
  const client = (await openPort((request) => void begun.push(request.url ?? '')))();
  send(client, head('POST', '/first', 'Connection: keep-alive, x\r\n') + head('POST', '/second'));
  await turns();
  client.handler.onClose();
  await turns();
  expect(begun).toEqual(['/first']);
});

it('closes a connection whose client takes nothing of its answers, not one that takes them slowly', async () => {
  let nowMs = 1_000;
  let look = (): void => undefined;
  const timers = { ...systemPorts.timers, every: (_ms: number, run: () => void) => ((look = run), {}) };
  const accept = await openPort(undefined, { ports: { ...systemPorts, timers, clock: { wallMs: () => nowMs, monotonicMs: () => nowMs } }, idleMs: 75_000 });
  const [stuck, slow] = [accept(), accept()];
  stuck.pendingBytes = slow.pendingBytes = 2_000_000;
  for (const client of [stuck, slow]) send(client, head('GET', '/waits'));
  for (let s = 0; s < 80; s++, nowMs += 1_000) {
    slow.pendingBytes--;
    look();
  }
  expect([stuck.open, slow.open]).toEqual([false, true]);
});

it('closes the connection that has most in memory when all together have too much', async () => {
  const accept = await openPort(() => undefined, { mostBufferBytes: () => 8_000_000 });
  const [idle, large, small] = [accept(), accept(), accept()];
  const piece = 'x'.repeat(1_000_000);
  for (const client of [idle, large, small]) send(client, head('PUT', '/long', 'Content-Length: 9000000\r\n'));
  for (let i = 0; i < 4; i++) {
    for (const client of [large, large, small]) send(client, piece);
    await turns();
  }
  expect([idle, large, small].map(({ open }) => open)).toEqual([true, false, true]);
});
