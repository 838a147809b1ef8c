import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccessControl, type LoadedAccess } from '../../node/server/acl/access-control.ts';
import type { NamespaceSettings, NamespaceVerb } from '../../shared/namespaces/document.ts';
import { respClient, type RespClient } from '../commands/resp-client.ts';
import { show } from '../commands/resp-values.ts';
import { startNode, type TestNode } from '../protocol/start-node.ts';

const settingsOf = (name: string, users: Readonly<Record<string, readonly NamespaceVerb[]>>): NamespaceSettings => ({
  name, uid: `uid-${name}`, tenant: 't', consistency: 'eventual', ttlJitterPercent: 0, slidingExpiry: false, maxValueBytes: 1e6, quota: {}, trackAccess: false,
  access: Object.entries(users).map(([user, verbs]) => ({ user, verbs: [...verbs] })),
});
const usersAcl = ['user default on >root-secret allkeys allchannels allcommands', 'user ann on >ann-secret', 'user bob on >bob-secret', 'user plain on >plain-secret allkeys allchannels +@all -@admin'].join('\n');

let node: TestNode;
let access: LoadedAccess;
let revision = 0;
const clients: RespClient[] = [];
const ids = new Map<RespClient, number>();

function apply(namespaces: readonly NamespaceSettings[]): void {
  node.node.internals.tenants.registry.apply({ formatVersion: 1, revision: ++revision, namespaces: [...namespaces], retired: [] });
  access.bind(namespaces);
}

const ofAnn = settingsOf('a', { ann: ['admin'] });
const ofBob = settingsOf('b', { bob: ['admin'] });
const ofBoth = settingsOf('b', { bob: ['admin'], ann: ['read', 'write'] });

beforeAll(async () => {
  access = createAccessControl({ usersAcl });
  node = await startNode({ access });
  apply([ofAnn, ofBob]);
});

afterAll(async () => {
  for (const client of clients) client.close();
  expect(node.node.server.statistics.unexpectedErrors).toBe(0);
  await node.server.stop();
});

async function as(user: string): Promise<RespClient> {
  const client = await respClient(node.port);
  clients.push(client);
  await client.ask('HELLO', '3', 'AUTH', user, user === 'default' ? 'root-secret' : `${user}-secret`);
  ids.set(client, Number(await idOf(client)));
  return client;
}

const say = async (client: RespClient, line: string): Promise<string> => show(await client.ask(...line.split(' ')));
/** What came unasked. */
const pushed = (client: RespClient): readonly string[] => client.heard.filter(({ type }) => type === '>').map(show);
const idOf = async (client: RespClient): Promise<string> => {
  const id = await client.ask('CLIENT', 'ID');
  return 'text' in id ? id.text : '';
};

/** Sends a subscription, over RESP3 answered by a push; resolves when it is in force. */
async function listen(client: RespClient, line: string): Promise<void> {
  const before = pushed(client).length;
  client.ask(...line.split(' ')).catch(() => {});
  while (pushed(client).length === before) await new Promise((resolve) => setImmediate(resolve));
}

/** The server closed it, or is about to. */
const isClosed = (client: RespClient): boolean => node.node.internals.clients.find(ids.get(client) ?? 0) === undefined;

describe('CLIENT TRACKING … REDIRECT', () => {
  it('goes to connections of the same user only, and does not tell which others exist; an administrator sees all', async () => {
    const [ann, other, bob, root, plain] = await Promise.all(['ann', 'ann', 'bob', 'default', 'plain'].map(as));
    const none = await say(ann, 'CLIENT TRACKING ON REDIRECT 999999');
    expect(none).toContain('does not exist');
    for (const stranger of [bob, root, plain]) expect(await say(ann, `CLIENT TRACKING ON REDIRECT ${await idOf(stranger)}`)).toBe(none);
    expect(await say(plain, `CLIENT TRACKING ON REDIRECT ${await idOf(bob)}`)).toBe(none);
    expect(await say(ann, `CLIENT TRACKING ON REDIRECT ${await idOf(other)}`)).toContain('OK');
    expect(await say(root, `CLIENT TRACKING ON REDIRECT ${await idOf(bob)}`)).toContain('OK');
  });

  it('ends when the target becomes another user', async () => {
    const [ann, target, writer] = await Promise.all(['ann', 'ann', 'ann'].map(as));
    await say(ann, `CLIENT TRACKING ON REDIRECT ${await idOf(target)}`);
    await say(ann, 'GET a:1');
    await say(target, 'AUTH bob bob-secret');
    await say(writer, 'SET a:1 x');
    await say(ann, 'PING');
    await say(target, 'PING');
    expect([pushed(target), pushed(ann).join()]).toEqual([[], expect.stringContaining('tracking-redir-broken')]);
  });
});

describe('a flush of one namespace', () => {
  it('is told to those who may have its keys, and to nobody else', async () => {
    const [ann, flusher, bob, prefixed, root] = await Promise.all(['ann', 'ann', 'bob', 'bob', 'default'].map(as));
    for (const client of [ann, flusher, bob, root]) await say(client, 'CLIENT TRACKING ON');
    await say(prefixed, 'CLIENT TRACKING ON BCAST PREFIX b:');
    await say(bob, 'GET b:1');
    await say(flusher, 'FLUSHALL');
    for (const client of [ann, flusher, bob, prefixed, root]) await say(client, 'PING');
    expect([ann, flusher, bob, prefixed, root].map((client) => pushed(client).length)).toEqual([1, 1, 0, 0, 1]);
    // What bob has read is still known.
    await say(prefixed, 'SET b:1 x');
    await say(bob, 'PING');
    expect(pushed(bob).join()).toContain('b:1');
    await say(root, 'FLUSHALL');
    for (const client of [ann, bob]) await say(client, 'PING');
    expect([pushed(ann).length, pushed(bob).length]).toEqual([2, 2]);
  });
});

describe('a user that loses access', () => {
  it('is heard no more: connections that listen to what was taken away are closed, the others stay', async () => {
    apply([ofAnn, ofBoth]);
    const [channel, pattern, shard, prefix, tracked, watching, own, ownPrefix, idle, bob] = await Promise.all(['ann', 'ann', 'ann', 'ann', 'ann', 'ann', 'ann', 'ann', 'ann', 'bob'].map(as));
    await listen(channel, 'SUBSCRIBE b:news');
    await listen(pattern, 'PSUBSCRIBE b:*');
    await listen(shard, 'SSUBSCRIBE b:news');
    await say(prefix, 'CLIENT TRACKING ON BCAST PREFIX b:');
    await say(tracked, 'CLIENT TRACKING ON');
    await say(tracked, 'GET b:1');
    await say(watching, 'WATCH b:1');
    await listen(own, 'PSUBSCRIBE a:*');
    await say(ownPrefix, 'CLIENT TRACKING ON BCAST PREFIX a:');
    await listen(bob, 'SUBSCRIBE b:news');
    apply([ofAnn, ofBoth]);
    expect(isClosed(tracked)).toBe(false);
    apply([ofAnn, ofBob]);
    expect([channel, pattern, shard, prefix, tracked, watching].map(isClosed)).toEqual([true, true, true, true, true, true]);
    expect([own, ownPrefix, idle, bob].map(isClosed)).toEqual([false, false, false, false]);
  });

  it('by being bound, turned off or taken out of users.acl, sees no MONITOR and no channel either', async () => {
    const [monitor, listener, prefix, staying] = await Promise.all(['plain', 'plain', 'plain', 'default'].map(as));
    access.load({ usersAcl: usersAcl.replace('-@admin', '+@admin') });
    await say(monitor, 'MONITOR');
    await listen(listener, 'SUBSCRIBE news');
    await say(prefix, 'CLIENT TRACKING ON BCAST');
    await listen(staying, 'PSUBSCRIBE *');
    access.load({ usersAcl: usersAcl.replace('user plain on', 'user plain off') });
    expect([monitor, listener, prefix, staying].map(isClosed)).toEqual([true, true, true, false]);
    access.load({ usersAcl });
    const again = await as('plain');
    await listen(again, 'PSUBSCRIBE *');
    apply([ofAnn, settingsOf('b', { bob: ['admin'], plain: ['read'] })]);
    expect(isClosed(again)).toBe(true);
    apply([ofAnn, ofBob]);
  });
});

describe('CLIENT NO-EVICT', () => {
  it('is for administrators', async () => {
    const [ann, plain, root] = await Promise.all(['ann', 'plain', 'default'].map(as));
    expect([await say(ann, 'CLIENT NO-EVICT ON'), await say(plain, 'CLIENT NO-EVICT ON'), await say(root, 'CLIENT NO-EVICT ON')]).toEqual([expect.stringContaining('NOPERM'), expect.stringContaining('NOPERM'), expect.stringContaining('OK')]);
  });
});
