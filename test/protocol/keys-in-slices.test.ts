import { afterAll, beforeAll, expect, it } from 'vitest';
import { respClient, type RespClient } from '../commands/resp-client.ts';
import { show } from '../commands/resp-values.ts';
import { startNode, type TestNode } from './start-node.ts';

let node: TestNode;
let client: RespClient;
beforeAll(async () => {
  node = await startNode();
  client = await respClient(node.port);
});
afterAll(async () => {
  client.close();
  await node.server.stop();
  expect(node.node.server.statistics.unexpectedErrors).toBe(0);
});

const count = 150_000;
const names = (text: string): ReadonlySet<string> => new Set(text.match(/\$"[^"]*"/g)?.map((one) => one.slice(2, -1)));

it('KEYS gives the keys of one moment, while others are served, and keeps its place before what its client sent behind it', async () => {
  const batch = 1_000;
  for (let i = 0; i < count; i += batch) await client.ask('MSET', ...Array.from({ length: batch }, (_, k) => [`{k}${i + k}`, 'v']).flat());
  const other = await respClient(node.port);
  let answered = false;
  const keys = client.ask('KEYS', '{k}*').then((reply) => {
    answered = true;
    return show(reply);
  });
  const behind = client.ask('PING').then(() => answered);
  let served = 0;
  for (; !answered; served++) {
    await other.ask('DEL', `{k}${served}`);
    await other.ask('SET', `{k}new${served}`, 'v');
    await other.ask('APPEND', `{k}${count - 1 - served}`, 'longer');
  }
  expect(served).toBeGreaterThan(3);
  const found = names(await keys);
  expect(found.size).toBe(count);
  expect([...found].some((name) => name.includes('new'))).toBe(false);
  expect(await behind).toBe(true);
  other.close();
});

it('a client that goes while KEYS runs, and one that has no right to so long a reply', async () => {
  const gone = await respClient(node.port);
  gone.ask('KEYS', '*').catch(() => {});
  gone.close();
  expect(show(await client.ask('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 100000 0 0'))).toBe('+"OK"');
  await expect((await respClient(node.port)).ask('KEYS', '*')).rejects.toThrow('connection closed');
  expect(show(await client.ask('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 0 0 0'))).toBe('+"OK"');
  expect(names(show(await client.ask('KEYS', '{k}149999'))).size).toBe(1);
});
