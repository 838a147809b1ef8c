import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { converse, type Conversation } from './conversation.ts';
import { startNode, type TestNode } from './start-node.ts';

let node: TestNode;
let a: Conversation;
let b: Conversation;
beforeAll(async () => {
  node = await startNode();
});
afterAll(async () => {
  await node.server.stop();
  expect(node.node.server.statistics.unexpectedErrors).toBe(0);
});
beforeEach(async () => {
  a = await converse(node.port);
  b = await converse(node.port);
  await say(a, 'FLUSHALL', '+OK\r\n');
});

async function say(who: Conversation, line: string, expected: string): Promise<void> {
  expect(await who.ask(line.split(' '), expected)).toBe(expected);
}

describe('MULTI', () => {
  it('queues and runs', async () => {
    await say(a, 'MULTI', '+OK\r\n');
    await say(a, 'SET k 1', '+QUEUED\r\n');
    await say(a, 'INCR k', '+QUEUED\r\n');
    await say(b, 'GET k', '$-1\r\n');
    await say(a, 'EXEC', '*2\r\n+OK\r\n:2\r\n');
    await say(b, 'GET k', '$1\r\n2\r\n');
  });

  it('a refused command aborts, a failed one does not', async () => {
    await say(a, 'MULTI', '+OK\r\n');
    await say(a, 'NOSUCH', "-ERR unknown command 'NOSUCH', with args beginning with: \r\n");
    await say(a, 'EXEC', '-EXECABORT Transaction discarded because of previous errors.\r\n');
    await say(a, 'SET k x', '+OK\r\n');
    await say(a, 'MULTI', '+OK\r\n');
    await say(a, 'INCR k', '+QUEUED\r\n');
    await say(a, 'SET k 2', '+QUEUED\r\n');
    await say(a, 'EXEC', '*2\r\n-ERR value is not an integer or out of range\r\n+OK\r\n');
  });

  it('words of Redis where something is out of place', async () => {
    await say(a, 'EXEC', '-ERR EXEC without MULTI\r\n');
    await say(a, 'DISCARD', '-ERR DISCARD without MULTI\r\n');
    await say(a, 'MULTI', '+OK\r\n');
    await say(a, 'MULTI', '-ERR MULTI calls can not be nested\r\n');
    await say(a, 'WATCH k', '-ERR WATCH inside MULTI is not allowed\r\n');
    await say(a, 'DISCARD', '+OK\r\n');
  });

  it('keys of two slots cannot run together', async () => {
    await say(a, 'MULTI', '+OK\r\n');
    await say(a, 'SET a 1', '+QUEUED\r\n');
    await say(a, 'SET b 1', '+QUEUED\r\n');
    await say(a, 'EXEC', "-CROSSSLOT Keys in request don't hash to the same slot\r\n");
  });
});

describe('WATCH', () => {
  it('another client writes: EXEC does nothing', async () => {
    await say(a, 'WATCH k', '+OK\r\n');
    await say(b, 'SET k 1', '+OK\r\n');
    await say(a, 'MULTI', '+OK\r\n');
    await say(a, 'SET k 2', '+QUEUED\r\n');
    await say(a, 'EXEC', '*-1\r\n');
    await say(a, 'GET k', '$1\r\n1\r\n');
  });

  it('UNWATCH, and a flush of a key that was not there, let it run', async () => {
    await say(a, 'WATCH k', '+OK\r\n');
    await say(b, 'SET k 1', '+OK\r\n');
    await say(a, 'UNWATCH', '+OK\r\n');
    await say(a, 'WATCH other', '+OK\r\n');
    await say(b, 'FLUSHALL', '+OK\r\n');
    await say(a, 'MULTI', '+OK\r\n');
    await say(a, 'PING', '+QUEUED\r\n');
    await say(a, 'EXEC', '*1\r\n+PONG\r\n');
  });
});

describe('pub/sub', () => {
  it('channels, patterns and shard channels', async () => {
    await say(a, 'SUBSCRIBE news', '*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n');
    await say(a, 'PSUBSCRIBE n?ws', '*3\r\n$10\r\npsubscribe\r\n$4\r\nn?ws\r\n:2\r\n');
    await say(a, 'SSUBSCRIBE s', '*3\r\n$10\r\nssubscribe\r\n$1\r\ns\r\n:1\r\n');
    await say(b, 'PUBLISH news hi', ':2\r\n');
    const both = '*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n*4\r\n$8\r\npmessage\r\n$4\r\nn?ws\r\n$4\r\nnews\r\n$2\r\nhi\r\n';
    expect(await a.hear(both)).toBe(both);
    await say(b, 'SPUBLISH s x', ':1\r\n');
    const sharded = '*3\r\n$8\r\nsmessage\r\n$1\r\ns\r\n$1\r\nx\r\n';
    expect(await a.hear(sharded)).toBe(sharded);
    await say(a, 'GET k', "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n");
    await say(a, 'PING', '*2\r\n$4\r\npong\r\n$0\r\n\r\n');
    await say(b, 'PUBSUB NUMSUB news none', '*4\r\n$4\r\nnews\r\n:1\r\n$4\r\nnone\r\n:0\r\n');
    await say(b, 'PUBSUB NUMPAT', ':1\r\n');
    await say(a, 'UNSUBSCRIBE', '*3\r\n$11\r\nunsubscribe\r\n$4\r\nnews\r\n:1\r\n');
    await say(a, 'RESET', '+RESET\r\n');
    await say(b, 'PUBSUB CHANNELS', '*0\r\n');
  });

  it('keyspace notifications', async () => {
    await say(b, 'CONFIG SET notify-keyspace-events KEA', '+OK\r\n');
    await say(b, 'CONFIG GET notify-keyspace-events', '*2\r\n$22\r\nnotify-keyspace-events\r\n$3\r\nAKE\r\n');
    await say(a, 'SUBSCRIBE __keyspace@0__:k', '*3\r\n$9\r\nsubscribe\r\n$16\r\n__keyspace@0__:k\r\n:1\r\n');
    await say(b, 'SET k 1', '+OK\r\n');
    const heard = '*3\r\n$7\r\nmessage\r\n$16\r\n__keyspace@0__:k\r\n$3\r\nset\r\n';
    expect(await a.hear(heard)).toBe(heard);
    await say(b, 'CONFIG SET notify-keyspace-events ', '+OK\r\n');
  });
});

describe('client tracking', () => {
  it('default mode, RESP3', async () => {
    await a.speakResp3();
    await say(a, 'CLIENT TRACKING ON', '+OK\r\n');
    await say(a, 'GET k', '_\r\n');
    await say(b, 'SET k 1', '+OK\r\n');
    const told = '>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n';
    expect(await a.hear(told)).toBe(told);
    await say(b, 'SET k 2', '+OK\r\n');
    await say(a, 'GET k', '$1\r\n2\r\n');
    await say(a, 'SET k 3', `+OK\r\n${told}`);
    await say(b, 'FLUSHALL', '+OK\r\n');
    expect(await a.hear('>2\r\n$10\r\ninvalidate\r\n_\r\n')).toBe('>2\r\n$10\r\ninvalidate\r\n_\r\n');
  });

  it('BCAST with prefixes, redirected to a RESP2 subscriber', async () => {
    const id = (await b.askLine('CLIENT', 'ID')).slice(1);
    await say(b, 'SUBSCRIBE __redis__:invalidate', '*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n');
    await say(a, `CLIENT TRACKING ON BCAST PREFIX user: REDIRECT ${id}`, '+OK\r\n');
    await say(a, 'SET user:1 x', '+OK\r\n');
    const told = '*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$6\r\nuser:1\r\n';
    expect(await b.hear(told)).toBe(told);
    await say(a, 'CLIENT GETREDIR', `:${id}\r\n`);
  });
});
