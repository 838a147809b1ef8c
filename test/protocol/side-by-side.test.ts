import { spawn, type ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../clients/run-program.ts';
import { rawClient, resp } from './raw-client.ts';
import { startNode, type TestNode } from './start-node.ts';

/** Replies of ours and of a real redis-server in cluster mode, byte by byte. */
let node: TestNode;
let redis: ChildProcess;
let redisPort: number;
const folder = mkdtempSync(join(tmpdir(), 'meridian-redis-'));

beforeAll(async () => {
  await runProgram('redis-server', ['--version'], { install: 'apt-get install redis-server' });
  node = await startNode();
  redisPort = await freePort();
  redis = spawn('redis-server', ['--port', String(redisPort), '--cluster-enabled', 'yes', '--dir', folder, '--save', '', '--bind', '127.0.0.1'], { stdio: 'ignore' });
  await untilListening(redisPort);
  await runProgram('redis-cli', ['-p', String(redisPort), 'cluster', 'addslotsrange', '0', '16383']);
  for (let state = ''; !state.includes('cluster_state:ok'); ) state = await runProgram('redis-cli', ['-p', String(redisPort), 'cluster', 'info']);
});
afterAll(async () => {
  redis.kill('SIGKILL');
  await node.server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
      socket.on('error', () => resolve(false));
    });
    if (open) return;
  }
}

/** All replies to the lines, each on its own connection state, until the server closes after QUIT. */
async function answers(port: number, lines: readonly string[]): Promise<string> {
  const client = await rawClient(port);
  for (const line of lines) client.send(resp(...line.split(' ')));
  client.send(resp('QUIT'));
  return client.closed();
}

const conversations: readonly (readonly string[])[] = [
  ['PING', 'PING hi', 'PING a b', 'ECHO x', 'ECHO', 'ECHO a b'],
  ['NOSUCH', 'NOSUCH a b c', `NOSUCH ${'x'.repeat(200)}`, `${'y'.repeat(200)} z`],
  ['SELECT 0', 'SELECT 1', 'SELECT x'],
  ['GET', 'GET a b', 'SET a', 'CONFIG', 'CONFIG NOSUCH', 'CLIENT NOSUCH', 'CLUSTER', 'OBJECT'],
  ['CLIENT GETNAME', 'CLIENT SETNAME me', 'CLIENT GETNAME', 'CLIENT SETNAME a\nb', 'CLIENT GETREDIR', 'CLIENT TRACKINGINFO', 'CLIENT NO-EVICT on', 'CLIENT NO-EVICT x'],
  ['CLIENT REPLY SKIP', 'PING', 'PING', 'CLIENT REPLY OFF', 'PING', 'CLIENT REPLY ON', 'PING', 'CLIENT REPLY x'],
  ['CLIENT TRACKING ON', 'CLIENT TRACKING ON BCAST', 'CLIENT TRACKING OFF', 'CLIENT TRACKING ON PREFIX a', 'CLIENT TRACKING ON OPTIN OPTOUT', 'CLIENT CACHING YES', 'CLIENT TRACKING x', 'CLIENT TRACKING ON BCAST PREFIX foo PREFIX foobar', 'CLIENT TRACKING ON REDIRECT 999999'],
  ['CLIENT KILL 1.2.3.4:5', 'CLIENT KILL ID 0', 'CLIENT KILL ID x', 'CLIENT KILL TYPE x', 'CLIENT KILL NOSUCH x', 'CLIENT KILL ID 99999999', 'CLIENT LIST TYPE x', 'CLIENT LIST ID x', 'CLIENT LIST x', 'CLIENT UNBLOCK 99999', 'CLIENT UNBLOCK x', 'CLIENT UNBLOCK 1 x', 'CLIENT PAUSE x', 'CLIENT PAUSE -1', 'CLIENT PAUSE 1 x'],
  ['HELLO 4', 'HELLO x', 'HELLO 3 NOSUCH', 'HELLO 2 SETNAME', 'AUTH x', 'AUTH nobody x', 'AUTH a b c', 'RESET', 'PING'],
  ['CLUSTER KEYSLOT foo', 'CLUSTER KEYSLOT {a}b', 'CLUSTER COUNTKEYSINSLOT 0', 'CLUSTER COUNTKEYSINSLOT 16384', 'CLUSTER COUNTKEYSINSLOT x', 'CLUSTER GETKEYSINSLOT 0 1', 'CLUSTER GETKEYSINSLOT 0 -1', 'CLUSTER REPLICAS x'],
  ['MULTI', 'MULTI', 'WATCH a', 'SET', 'EXEC', 'EXEC', 'DISCARD', 'MULTI', 'PING', 'ECHO a', 'EXEC', 'MULTI', 'DISCARD', 'UNWATCH', 'WATCH a', 'WATCH a b'],
  ['SUBSCRIBE a b', 'PSUBSCRIBE c*', 'PING', 'PING x', 'GET a', 'UNSUBSCRIBE a', 'UNSUBSCRIBE', 'PUNSUBSCRIBE', 'SSUBSCRIBE a', 'SUNSUBSCRIBE', 'SSUBSCRIBE a b', 'UNSUBSCRIBE', 'PING'],
  ['PUBLISH nobody x', 'SPUBLISH nobody x', 'PUBSUB CHANNELS', 'PUBSUB NUMSUB a b', 'PUBSUB NUMPAT', 'PUBSUB SHARDCHANNELS', 'PUBSUB SHARDNUMSUB a', 'PUBSUB NOSUCH'],
  ['COMMAND GETKEYS GET a', 'COMMAND GETKEYS MSET a 1 b 2', 'COMMAND GETKEYS PING', 'COMMAND GETKEYS NOSUCH', 'COMMAND GETKEYS GET', 'COMMAND GETKEYSANDFLAGS SET a b', 'COMMAND INFO nosuch', 'COMMAND LIST FILTERBY x y', 'COMMAND LIST FILTERBY PATTERN config|g*', 'COMMAND GETKEYS EVAL x 2 a b c'],
  ['CONFIG GET nosuch', 'CONFIG SET nosuch 1', 'CONFIG SET timeout x', 'CONFIG SET timeout -1', 'CONFIG GET timeout', 'CONFIG SET timeout', 'CONFIG SET timeout 1 timeout 2', 'CONFIG SET slowlog-max-len 5 nosuch 1'],
  ['CONFIG SET slowlog-log-slower-than -1', 'SLOWLOG RESET', 'SLOWLOG LEN', 'SLOWLOG GET -2', 'SLOWLOG GET x', 'SLOWLOG NOSUCH', 'CONFIG SET slowlog-log-slower-than 10000', 'LATENCY LATEST', 'LATENCY HISTORY x', 'LATENCY RESET', 'MEMORY USAGE nosuch', 'MEMORY NOSUCH'],
  ['ACL WHOAMI', 'ACL USERS', 'ACL CAT nosuch', 'ACL GETUSER nobody', 'ACL GENPASS x', 'READONLY', 'READWRITE', 'ASKING', 'WAIT 0 0', 'WAIT x 0', 'WAIT 0 x', 'WAIT 0 -1', 'ROLE'],
  ['FUNCTION LIST', 'FUNCTION FLUSH', 'SCRIPT EXISTS abc', 'SCRIPT FLUSH', 'SCRIPT KILL', 'FUNCTION KILL', 'FUNCTION DELETE x', 'FUNCTION STATS NOSUCH'],
  ['MGET a b', 'MSET a 1 b 2', 'DEL a b', 'EXISTS a b'],
];

describe.each(conversations.map((lines) => [lines[0], lines] as const))('%s …', (_first, lines) => {
  it('as redis-server answers', async () => {
    expect(await answers(node.port, lines)).toBe(await answers(redisPort, lines));
  });
});
