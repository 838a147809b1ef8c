import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { adminClient } from '../admin/client.ts';
import type { Channel } from '../bus/channel.ts';
import { newBusCounters } from '../bus/counters.ts';
import { keyOf, nodeIdentity } from '../bus/test-links.ts';
import { MeridianError } from '../errors/meridian-error.ts';
import { systemPorts } from '../ports/system.ts';
import { dialBus, listenBus, type BusListener, type TcpLimits } from './bus-tcp.ts';

const counters = newBusCounters();
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function listening(limits: Partial<TcpLimits> = {}): Promise<BusListener> {
  const listener = await listenBus({
    ports: systemPorts,
    host: '127.0.0.1',
    port: 0,
    greeting: () => ({ identity: nodeIdentity('b'), keys: [keyOf(1)] }),
    counters,
    limits,
    owner: {
      open: () => ({
        request: (method, body, from) =>
          method === 'echo' ? Promise.resolve({ body, from: from.pod }) : method === 'silent' ? new Promise(() => undefined) : Promise.reject(new MeridianError('BUS_METHOD', { method })),
      }),
    },
  });
  open.push(listener);
  return listener;
}

async function dialled(port: number, key = keyOf(1)): Promise<Channel> {
  const channel = await dialBus({
    ports: systemPorts,
    host: '127.0.0.1',
    port,
    greeting: { identity: nodeIdentity('a'), keys: [key], target: 'b' },
    counters: newBusCounters(),
    owner: { open: () => ({ request: () => Promise.resolve(null) }) },
  });
  open.push(channel);
  return channel;
}

function stranger(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  open.push({ close: () => socket.destroy() });
  return once(socket, 'connect').then(() => socket);
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'resolved', (error: unknown) => (error as MeridianError).code);

describe('bus over TCP', () => {
  it('answers requests side by side', async () => {
    const channel = await dialled((await listening()).port);
    const answers = await Promise.all([1, 'two', { three: 3 }].map((body) => channel.request('echo', body)));
    expect(answers).toEqual([1, 'two', { three: 3 }].map((body) => ({ body, from: 'a' })));
  });

  it('shows the peer’s error, and times out by its own', async () => {
    const channel = await dialled((await listening()).port);
    expect(await codeOf(channel.request('nonsense', null))).toBe('BUS_METHOD');
    expect(await codeOf(channel.request('silent', null, 20))).toBe('BUS_TIMEOUT');
  });

  it('bounds requests in flight', async () => {
    const channel = await dialled((await listening()).port);
    const silent = Array.from({ length: 256 }, () => codeOf(channel.request('silent', null)));
    expect(await codeOf(channel.request('echo', null))).toBe('BUS_BUSY');
    channel.close();
    expect(new Set(await Promise.all(silent))).toEqual(new Set(['BUS_CLOSED']));
  });

  it('refuses a wrong key and counts it', async () => {
    const { port } = await listening();
    const before = counters.refused.BUS_AUTH ?? 0;
    expect(await codeOf(dialled(port, keyOf(2)))).toBe('BUS_AUTH');
    expect(counters.refused.BUS_AUTH).toBe(before + 1);
  });

  it('closes a stranger that says nothing or nonsense', async () => {
    const { port } = await listening({ handshakeTimeoutMs: 30 });
    const silent = await stranger(port);
    const loud = await stranger(port);
    loud.write('GET / HTTP/1.1\r\n\r\n');
    silent.resume();
    loud.resume();
    await Promise.all([once(silent, 'close'), once(loud, 'close')]);
    expect(counters.refused.BUS_TIMEOUT).toBeGreaterThan(0);
    expect(counters.refused.BUS_PROTOCOL).toBeGreaterThan(0);
  });

  it('lets members in while strangers hold more connections than are allowed', async () => {
    const listener = await listening({ maxHalfOpen: 4 });
    await Promise.all(Array.from({ length: 40 }, () => stranger(listener.port)));
    const channel = await dialled(listener.port);
    expect(await channel.request('echo', 1)).toEqual({ body: 1, from: 'a' });
    expect(listener.halfOpen).toBeLessThanOrEqual(4);
  });

  it('cuts off who leaves much unread when all of them together are over their bound', async () => {
    const { port } = await listening();
    const proxy = createServer((socket) => {
      const behind = connect(port, '127.0.0.1');
      open.push({ close: () => behind.destroy() });
      behind.pipe(socket);
      let left = 3;
      // The handshake passes, and then nothing is read any more.
      socket.on('data', (bytes: Buffer) => (--left > 0 ? behind.write(bytes) : (behind.write(bytes), socket.pause())));
      socket.on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    open.push(proxy);
    let bound = Infinity;
    const channel = await dialBus({
      ports: systemPorts, host: '127.0.0.1', port: (proxy.address() as AddressInfo).port, greeting: { identity: nodeIdentity('a'), keys: [keyOf(1)], target: 'b' }, counters: newBusCounters(),
      limits: { isTooMuch: () => channel.bufferedBytes() > bound }, owner: { open: () => ({ request: () => Promise.resolve(null) }) },
    });
    open.push(channel);
    const bulk = { bytes: new Uint8Array(200_000), start: 0, end: 200_000 };
    while (channel.bufferedBytes() < 4_000_000) channel.post(40, new Uint8Array(1), bulk);
    expect(channel.closed).toBe(false);
    bound = 4_000_000;
    channel.post(40, new Uint8Array(1), bulk);
    expect(channel.closed).toBe(true);
  });

  it('tells that nobody listens', async () => {
    const listener = await listening();
    await listener.close();
    expect(await codeOf(dialled(listener.port))).toBe('BUS_UNREACHABLE');
  });

  it('lets an admin client fail with the method’s name, and connect again after a loss', async () => {
    const listener = await listening();
    const client = adminClient({ host: '127.0.0.1', port: listener.port, clusterUid: 'cluster-1', keys: [keyOf(1)] });
    open.push(client);
    expect(await codeOf(client.ping())).toBe('BUS_METHOD');
    client.close();
    expect(await codeOf(client.ping())).toBe('BUS_METHOD');
  });
});
