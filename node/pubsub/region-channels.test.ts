import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Channel } from '../../shared/bus/channel.ts';
import { Channels } from '../commands/pubsub/channels.ts';
import { ClientSession } from '../server/client-session.ts';
import { encodePublication, PublicationReader, type Publication } from './publication-wire.ts';
import { joinChannels, type Listener } from './region-channels.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('a publication on the bus', () => {
  it('is what it was, in however many parts', () => {
    const publication = fc.record({ kind: fc.constantFrom<Publication['kind']>('channel', 'shard'), channel: fc.uint8Array({ maxLength: 20 }), message: fc.uint8Array({ maxLength: 50 }) });
    fc.assert(fc.property(fc.array(publication), fc.integer({ min: 1, max: 80 }), (publications, partBytes) => {
      const reader = new PublicationReader();
      const read = publications.flatMap((one) => encodePublication(one, partBytes)).flatMap((payload) => reader.take(payload) ?? []);
      expect(read.map(({ kind, channel, message }) => ({ kind, channel: [...channel], message: [...message] }))).toEqual(publications.map(({ kind, channel, message }) => ({ kind, channel: [...channel], message: [...message] })));
    }));
  });

  it('is refused where it is none', () => {
    expect(() => new PublicationReader().take(bytes('x'))).toThrow();
    expect(() => new PublicationReader().take(bytes('\0\0\0\0\x05abc'))).toThrow();
  });
});

interface TestNode {
  readonly channels: Channels;
  readonly heard: string[];
  readonly joined: ReturnType<typeof joinChannels>;
}

/** Nodes of a region whose bus delivers at once. The others are what a node knows of. */
function region(peers: readonly Pick<Listener, 'pod' | 'shard' | 'state'>[]) {
  const nodes = new Map<string, TestNode>();
  let connected = false;
  const pending: (() => void)[] = [];
  for (const { pod, shard } of peers) {
    const channelTo = (peer: { readonly pod: string }) => ({ bufferedBytes: () => 0, post: (_type: number, payload: Uint8Array) => nodes.get(peer.pod)?.joined.receive(payload, { role: 'node', clusterUid: '', pod, podUid: '', incarnation: '' }) }) as Channel;
    const channels = new Channels();
    const heard: string[] = [];
    const joined = joinChannels({
      bus: { channelTo: (peer) => (connected ? channelTo(peer) : undefined), connect: (peer) => new Promise((resolve) => pending.push(() => resolve(channelTo(peer)))) },
      channels,
      shard,
      others: () => peers.filter((one) => one.pod !== pod).map((one) => ({ ...one, incarnation: '', ip: '', busPort: 0 })),
    });
    nodes.set(pod, { channels, heard, joined });
  }
  const node = (pod: string): TestNode => nodes.get(pod) as TestNode;
  return {
    listen(pod: string, kind: 'channel' | 'pattern' | 'shard', name: string) {
      const { channels, heard } = node(pod);
      const output = { send: (sent: Uint8Array) => heard.push(Buffer.from(sent).toString('latin1').split('\r\n').filter((line) => !/^[*$>]/.test(line)).join(' ').trim()), closeAfterReply() {}, closeNow() {}, hold() {}, release() {}, pendingBytes: 0, inputBytes: 0 };
      channels.subscribe(kind, name, new ClientSession({ id: 1, address: '', localAddress: '', createdAtMs: 0, output }));
    },
    publish: (pod: string, kind: 'channel' | 'shard', name: string, message: string) => node(pod).channels.publish(kind, bytes(name), bytes(message)),
    leave: (pod: string, haveLeft: (name: string) => boolean) => node(pod).channels.leaveShardChannels(haveLeft),
    heard: (pod: string) => node(pod).heard,
    async connect() {
      for (const one of pending.splice(0)) one();
      connected = true;
      await Promise.resolve();
    },
  };
}

describe('sharded channels of slots that have left', () => {
  it('lose their listeners, who are told', () => {
    const nodes = region([{ pod: 'a', shard: 0, state: 'alive' }]);
    nodes.listen('a', 'shard', 'gone');
    nodes.listen('a', 'shard', 'here');
    nodes.leave('a', (name) => name === 'gone');
    expect(nodes.publish('a', 'shard', 'gone', '1')).toBe(0);
    expect(nodes.publish('a', 'shard', 'here', '2')).toBe(1);
    expect(nodes.heard('a')).toEqual(['sunsubscribe gone :0', 'smessage here 2']);
  });
});

describe('publications of a region', () => {
  it('reach subscribers of channels and patterns on every living node, and the publisher counts its own', async () => {
    const nodes = region([{ pod: 'a', shard: 0, state: 'alive' }, { pod: 'b', shard: 1, state: 'alive' }, { pod: 'c', shard: 2, state: 'failed' }]);
    for (const pod of ['a', 'b', 'c']) nodes.listen(pod, 'channel', 'news');
    nodes.listen('b', 'pattern', 'n*');
    await nodes.connect();
    expect(nodes.publish('a', 'channel', 'news', 'hello')).toBe(1);
    expect(nodes.heard('a')).toEqual(['message news hello']);
    expect(nodes.heard('b')).toEqual(['message news hello', 'pmessage n* news hello']);
    expect(nodes.heard('c')).toEqual([]);
  });

  it('of a sharded channel stay with the copies of the shard', async () => {
    const nodes = region([{ pod: 'a', shard: 0, state: 'alive' }, { pod: 'a2', shard: 0, state: 'alive' }, { pod: 'b', shard: 1, state: 'alive' }]);
    for (const pod of ['a', 'a2', 'b']) nodes.listen(pod, 'shard', 'orders');
    await nodes.connect();
    expect(nodes.publish('a', 'shard', 'orders', '1')).toBe(1);
    expect(nodes.heard('a2')).toEqual(['smessage orders 1']);
    expect(nodes.heard('b')).toEqual([]);
  });

  it('keep their order over the making of a connection', async () => {
    const nodes = region([{ pod: 'a', shard: 0, state: 'alive' }, { pod: 'b', shard: 1, state: 'alive' }]);
    nodes.listen('b', 'channel', 'news');
    for (let i = 0; i < 5; i++) nodes.publish('a', 'channel', 'news', `${i}`);
    await nodes.connect();
    await Promise.resolve();
    for (let i = 5; i < 8; i++) nodes.publish('a', 'channel', 'news', `${i}`);
    expect(nodes.heard('b')).toEqual(Array.from({ length: 8 }, (_, i) => `message news ${i}`));
  });
});
