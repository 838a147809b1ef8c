import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { epollBackend } from '../../node/io/epoll-backend.ts';
import { allClientsBytesFor } from '../../node/server/settings/limits.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { respClient } from '../commands/resp-client.ts';
import { show } from '../commands/resp-values.ts';
import { rawClient, resp } from './raw-client.ts';
import { startNode, type TestNode } from './start-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.server.stop());

describe('protocol errors are answered, then the connection is closed', () => {
  it.each([
    ['*1\r\n$10737418240\r\n', 'invalid bulk length'],
    ['*1\r\n$-5\r\n', 'invalid bulk length'],
    ['*1048577\r\n', 'invalid multibulk length'],
    ['*1\r\nGET\r\n', "expected '$', got 'G'"],
    ['get "x\r\n', 'unbalanced quotes in request'],
    ['a'.repeat(70_000), 'too big inline request'],
  ])('%j', async (bytes, sentence) => {
    const client = await rawClient(node.port);
    client.send(resp('PING'));
    client.send(bytes);
    expect(await client.closed()).toBe(`+PONG\r\n-ERR Protocol error: ${sentence}\r\n`);
  });
});

describe('keys longer than 64 KiB', () => {
  const tooLong = 'k'.repeat(65_537);
  const refusal = '-ERR key is longer than 65536 bytes\r\n';
  it.each([
    ['GET', tooLong], ['SET', tooLong, 'v'], ['DEL', 'a', tooLong], ['MGET', tooLong], ['MSET', tooLong, 'v'], ['EXISTS', tooLong], ['HGETALL', tooLong], ['LPUSH', tooLong, 'v'], ['RENAME', tooLong, 'b'],
    ['SORT', tooLong], ['ZUNION', '1', tooLong], ['OBJECT', 'ENCODING', tooLong],
  ])('%s', async (...command) => {
    const client = await rawClient(node.port);
    client.send(resp(...command));
    expect(await client.received(refusal.length)).toBe(refusal);
    client.end();
  });

  it('one of 64 KiB is a key', async () => {
    const client = await rawClient(node.port);
    const longest = 'k'.repeat(65_536);
    client.send(Buffer.concat([resp('SET', longest, 'v'), resp('GET', longest), resp('DEL', longest)]));
    expect(await client.received(16)).toBe('+OK\r\n$1\r\nv\r\n:1\r\n');
    client.end();
  });
});

describe('memory is bounded by what was sent, not by what was announced', () => {
  it('half a command, a huge length, a million elements', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const clients = await Promise.all(Array.from({ length: 50 }, () => rawClient(node.port)));
    for (const client of clients) {
      client.send(resp('PING'));
      client.send('*1048576\r\n$536870912\r\nabc');
    }
    await Promise.all(clients.map((client) => client.received(7)));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    for (const client of clients) client.end();
  });

  it('takes a million arguments and a large one', async () => {
    const client = await rawClient(node.port);
    const count = 200_000;
    client.send(Buffer.concat([Buffer.from(`*${count}\r\n`), Buffer.from('$4\r\nFOOO\r\n'), Buffer.from('$1\r\nx\r\n'.repeat(count - 1))]));
    const large = Buffer.alloc(3_000_000, 'y');
    client.send(resp('ECHO', large));
    client.send(resp('PING'));
    const unknown = `-ERR unknown command 'FOOO', with args beginning with: ${"'x' ".repeat(32)}\r\n`;
    const expected = `${unknown}$${large.length}\r\n${large.toString('latin1')}\r\n+PONG\r\n`;
    expect((await client.received(expected.length)) === expected).toBe(true);
    client.end();
  });
});

describe('readers and the number of clients', () => {
  it('answers one client too many as Redis does', async () => {
    const small = await startNode({ limits: { maxClients: 2 } });
    const first = await rawClient(small.port);
    const second = await rawClient(small.port);
    first.send('PING\r\n');
    second.send('PING\r\n');
    await first.received(7);
    await second.received(7);
    const third = await rawClient(small.port);
    expect(await third.closed()).toBe('-ERR max number of clients reached\r\n');
    first.end();
    await first.closed();
    await small.server.stop();
  });

  it('cuts off a client whose replies pass the hard limit', async () => {
    const limit = { hardBytes: 1024 * 1024, softBytes: 0, softSeconds: 0 };
    const small = await startNode({ limits: { output: { normal: limit, pubsub: limit, replica: limit } } });
    const client = await rawClient(small.port);
    client.socket.pause();
    const echo = resp('ECHO', Buffer.alloc(500_000, 'z'));
    // More than the buffers of both sockets hold, so that it has to wait in the server.
    for (let i = 0; i < 64; i++) client.send(echo);
    await new Promise<void>((resolve) => client.socket.once('close', () => resolve()));
    expect(small.node.server.statistics.outputLimitDisconnections).toBe(1);
    await small.server.stop();
  });

  it('stops reading from a client that does not take its replies, and goes on when it does', async () => {
    const client = await rawClient(node.port);
    client.socket.pause();
    const echo = resp('ECHO', Buffer.alloc(500_000, 'z'));
    const count = 60;
    for (let i = 0; i < count; i++) client.send(echo);
    client.socket.resume();
    const one = 500_000 + '$500000\r\n\r\n'.length;
    expect((await client.received(one * count)).length).toBe(one * count);
    client.end();
  });
});

describe('all clients together', () => {
  it('one that asks for large replies in one go and takes none costs about one reply above the mark', async () => {
    const client = await rawClient(node.port);
    client.send(resp('SET', 'large', Buffer.alloc(1_000_000, 'v')));
    await client.received(5);
    const before = process.memoryUsage().arrayBuffers;
    client.socket.pause();
    client.send('GET large\r\n'.repeat(1000));
    const other = await rawClient(node.port);
    // Answered only after the other's turn.
    for (let i = 1; i <= 20; i++) {
      other.send(resp('PING'));
      await other.received(7 * i);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    client.socket.resume();
    const one = 1_000_000 + '$1000000\r\n\r\n'.length;
    expect((await client.received(20 * one)).length).toBeGreaterThanOrEqual(20 * one);
    client.socket.destroy();
    other.end();
  });

  it('the one with the largest buffers goes first when they are over maxmemory-clients', async () => {
    const small = await startNode({ limits: { allClientsBytes: 2 * 1024 * 1024 } });
    const [large, modest] = [await rawClient(small.port), await rawClient(small.port)];
    modest.send('*2\r\n$4\r\nECHO\r\n$100000\r\n');
    modest.send(Buffer.alloc(50_000, 'a'));
    large.send('*2\r\n$4\r\nECHO\r\n$100000000\r\n');
    large.socket.on('error', () => undefined);
    const gone = new Promise<void>((resolve) => large.socket.once('close', () => resolve()));
    large.send(Buffer.alloc(8 * 1024 * 1024, 'b'));
    await gone;
    modest.send(Buffer.concat([Buffer.alloc(50_000, 'a'), Buffer.from('\r\n')]));
    expect((await modest.received(100_011)).startsWith('$100000\r\naaa')).toBe(true);
    expect(small.node.server.statistics.clientsEvicted).toBe(1);
    modest.end();
    await small.server.stop();
  });

  it('a reply larger than a client may have is not built: the client is cut off, the command was run, the memory is free again', async () => {
    const small = await startNode({ limits: { allClientsBytes: 2 * 1024 * 1024 } });
    const filler = await rawClient(small.port);
    for (let i = 0; i < 64; i++) filler.send(resp('RPUSH', 'list', ...Array.from({ length: 10 }, () => Buffer.alloc(10_000, 'v'))));
    await filler.received(9 * ':10\r\n'.length + 55 * ':100\r\n'.length);
    for (const command of [resp('LRANGE', 'list', '0', '-1'), resp('LPOP', 'list', '600'), Buffer.concat([resp('MULTI'), ...Array.from({ length: 4 }, () => resp('LRANGE', 'list', '0', '-1')), ...Array.from({ length: 8 }, () => resp('LRANGE', 'list', '0', '-1')), resp('EXEC')])]) {
      const greedy = await rawClient(small.port);
      greedy.socket.on('error', () => undefined);
      greedy.send(command);
      expect((await greedy.closed()).length).toBeLessThan(2 * 1024 * 1024);
    }
    expect(small.node.server.statistics.outputLimitDisconnections).toBe(3);
    const other = await rawClient(small.port);
    other.send(resp('LLEN', 'list'));
    expect(await other.received(5)).toBe(':40\r\n');
    other.end();
    filler.end();
    await small.server.stop();
  });

  it('what clients have sent and not been given yet counts against the limit of the data', async () => {
    const small = await startNode();
    const client = await rawClient(small.port);
    client.send('*2\r\n$4\r\nECHO\r\n$3000000\r\n');
    client.send(Buffer.alloc(2_000_000, 'a'));
    await expect.poll(() => small.node.store.externalBytes).toBeGreaterThan(2_000_000);
    client.send(Buffer.concat([Buffer.alloc(1_000_000, 'a'), Buffer.from('\r\n')]));
    await client.received(3_000_012);
    await expect.poll(() => small.node.store.externalBytes).toBe(0);
    client.end();
    await small.server.stop();
  });

  it.each(['epoll', 'static-read'])('who asks for much and takes nothing is closed before any key goes (%s)', async (name) => {
    const allClientsBytes = 4 * 1024 * 1024;
    const small = await startNode({ limits: { allClientsBytes }, backend: name === 'epoll' ? epollBackend(systemPorts.timers) : undefined });
    const { store, server } = small.node;
    store.setPolicy('allkeys-lru');
    store.limitBytes = 32 * 1024 * 1024;
    const writer = await rawClient(small.port);
    writer.send(resp('SET', 'large', Buffer.alloc(1_000_000, 'v')));
    for (let i = 0; i < 100; i++) writer.send(resp('SET', `k${i}`, 'v'));
    await writer.received(101 * '+OK\r\n'.length);
    const readers = await Promise.all(Array.from({ length: 20 }, () => rawClient(small.port)));
    for (const reader of readers) {
      reader.socket.pause();
      reader.send(Buffer.concat(Array.from({ length: 50 }, () => resp('GET', 'large'))));
    }
    // Each of them keeps a megabyte that nobody takes.
    await expect.poll(() => server.statistics.clientsEvicted).toBeGreaterThanOrEqual(16);
    for (let i = 0; i < 100; i++) writer.send(resp('SET', `more${i}`, 'v'));
    await writer.received(201 * '+OK\r\n'.length);
    expect([store.evictedKeys, store.entryCount, store.externalBytes <= allClientsBytes]).toEqual([0, 201, true]);
    for (const reader of readers) reader.end();
    writer.end();
    await small.server.stop();
  });

  it('a command whose working memory does not fit is refused before it changes anything, and small ones go on', async () => {
    const small = await startNode();
    small.node.store.limitBytes = 32 * 1024 * 1024;
    const client = await respClient(small.port);
    for (let i = 0; i < 20; i++) await client.ask('SADD', '{s}a', ...Array.from({ length: 1000 }, (_, k) => `member:${i}:${k}`));
    await client.ask('SADD', '{s}few', '3', '1', '2');
    small.node.store.peerBytes = 200 * 1024 * 1024;
    const refused = '-OOM what this command needs while it runs does not fit into the memory of the node';
    for (const words of [['SORT', '{s}a', 'ALPHA'], ['SORT', '{s}a', 'ALPHA', 'STORE', '{s}few'], ['SUNION', '{s}a', '{s}few'], ['SDIFFSTORE', '{s}few', '{s}a', '{s}none'], ['ZUNION', '1', '{s}a'], ['ZUNIONSTORE', '{s}few', '1', '{s}a'], ['SPOP', '{s}a', '19000']]) {
      expect(show(await client.ask(...words))).toContain(refused.slice(1));
    }
    expect(show(await client.ask('SORT', '{s}few'))).toBe(show(await client.ask('SORT', '{s}few', 'ALPHA')));
    expect(show(await client.ask('SCARD', '{s}a'))).toContain('20000');
    expect(show(await client.ask('SORT', '{s}a', 'ALPHA', 'LIMIT', '0', '1'))).toContain('member:0:0');
    small.node.store.peerBytes = 0;
    expect(show(await client.ask('SUNIONSTORE', '{s}b', '{s}a', '{s}few'))).toContain('20003');
    client.close();
    await small.server.stop();
  });

  it.each([false, true])('who asked for NO-EVICT goes last, and goes before the container does (%s)', async (alone) => {
    const small = await startNode({ limits: { allClientsBytes: 4 * 1024 * 1024 } });
    const { store, server } = small.node;
    store.limitBytes = 16 * 1024 * 1024;
    const writer = await rawClient(small.port);
    writer.send(resp('SET', 'large', Buffer.alloc(1_000_000, 'v')));
    await writer.received('+OK\r\n'.length);
    const keeper = await rawClient(small.port);
    keeper.socket.on('error', () => undefined);
    keeper.send(resp('CLIENT', 'NO-EVICT', 'ON'));
    await keeper.received('+OK\r\n'.length);
    // Sixteen megabytes that are never complete: four times what evictable clients may hold together. Two hundred are more than the limit and its head-room.
    keeper.send(Buffer.concat([Buffer.from(`*2\r\n$4\r\nECHO\r\n$${alone ? 200_000_000 : 17_000_000}\r\n`), Buffer.alloc(16_500_000, 'x')]));
    if (!alone) {
      await expect.poll(() => store.externalBytes).toBeGreaterThan(16_000_000);
      const other = await rawClient(small.port);
      other.socket.on('error', () => undefined);
      other.send(Buffer.concat([Buffer.from('*2\r\n$4\r\nECHO\r\n$10000000\r\n'), Buffer.alloc(1_000_000, 'x')]));
      await expect.poll(() => server.statistics.clientsEvicted).toBe(1);
      expect(keeper.socket.destroyed).toBe(false);
    } else {
      await keeper.closed();
      expect(server.statistics.clientsEvicted).toBe(1);
    }
    writer.send(resp('GET', 'absent'));
    await writer.received('+OK\r\n$-1\r\n'.length);
    keeper.end();
    writer.end();
    await small.server.stop();
  });

  it('what a transaction has queued counts', async () => {
    const small = await startNode({ limits: { allClientsBytes: 2 * 1024 * 1024 } });
    const client = await rawClient(small.port);
    client.send(resp('MULTI'));
    for (let i = 0; i < 30; i++) client.send(resp('SET', 'k', Buffer.alloc(100_000, 'q')));
    expect(await client.closed()).toMatch(/^\+OK\r\n(?:\+QUEUED\r\n)+$/);
    expect(small.node.server.statistics.clientsEvicted).toBe(1);
    await small.server.stop();
  });
});

it('the limit of all clients follows the data limit', () => {
  expect(allClientsBytesFor(64 * 2 ** 20)).toBe(64 * 2 ** 20);
  expect(allClientsBytesFor(4 * 2 ** 30)).toBe(2 ** 30);
});

it('runs nothing of an HTTP request, which a browser can be made to send', async () => {
  for (const request of ['POST / HTTP/1.1\r\n\r\nSET browser 1\r\n', 'GET / HTTP/1.1\r\nHost: cache\r\n\r\nSET browser 1\r\n']) {
    const client = await rawClient(node.port);
    client.send(request);
    expect(await client.closed()).not.toContain('OK');
  }
  const client = await rawClient(node.port);
  client.send(resp('EXISTS', 'browser'));
  expect(await client.received(4)).toBe(':0\r\n');
  client.end();
});
