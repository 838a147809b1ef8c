import { describe, expect, it } from 'vitest';
import type { Channel } from '../../shared/bus/channel.ts';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { NamespacesDocument } from '../../shared/namespaces/document.ts';
import type { OwnershipMap } from '../../shared/kube/documents.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { manualPorts, type ManualPorts } from '../../test/runtime/manual-ports.ts';
import { createGossip, type Gossip } from './gossip.ts';
import type { MemberRecord } from './member.ts';
import { newMembers, type Members } from './members.ts';

/** A region in one process: links are calls, time is a test's. */
interface Node {
  readonly members: Members;
  readonly gossip: Gossip;
  map: OwnershipMap | undefined;
  namespaces: NamespacesDocument | undefined;
  up: boolean;
}

interface Region {
  readonly ports: ManualPorts;
  readonly nodes: readonly Node[];
  readonly count: { requests: number };
}

const address = (index: number) => `10.0.${index >> 8}.${index & 255}`;
const mapOf = (version: number): OwnershipMap => ({ formatVersion: 1, version, ranges: [{ from: 0, to: 16383, shard: 0, generation: 1 }], moves: [] });

/** Numbers between 0 and 1 that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function region(size: number): Region {
  const ports = manualPorts();
  const count = { requests: 0 };
  const random: Ports['random'] = { bytes: ports.random.bytes, unit: seeded(size) };
  const nodes: Node[] = [];
  const byIp = new Map<string, number>();
  const reach = (from: number, ip: string): Channel => {
    const index = byIp.get(ip);
    const target = index === undefined ? undefined : nodes[index];
    if (target === undefined || !target.up || !nodes[from].up) throw new MeridianError('BUS_UNREACHABLE', { address: ip, detail: 'ECONNREFUSED' });
    const request = (method: string, body: unknown): Promise<unknown> => {
      count.requests++;
      return target.up ? target.gossip.answer(method, structuredClone(body), `pod-${from}`) : Promise.reject(new MeridianError('BUS_CLOSED', { peer: ip }));
    };
    return { peer: { pod: `pod-${index}` }, request, close: () => undefined } as unknown as Channel;
  };
  for (let index = 0; index < size; index++) {
    byIp.set(address(index), index);
    const self: MemberRecord = { pod: `pod-${index}`, uid: 'u', incarnation: String(index).padStart(32, '0'), generation: 1, version: 1, state: 'alive', region: 'r', shard: index, role: 'waiting', epoch: 0, ip: address(index), hostname: 'h', redisPort: 1, httpPort: 2, busPort: 3 };
    const members = newMembers(self);
    const node: Node = {
      members,
      map: undefined,
      namespaces: undefined,
      up: true,
      gossip: createGossip({
        ports: { ...ports, random },
        members,
        links: { connect: async (peer) => reach(index, peer.ip), connectAddress: async (host) => reach(index, host) },
        // Every node knows the address of the first two only.
        seeds: () => Promise.resolve([0, 1].map((seed) => ({ host: address(seed), port: 3 }))),
        carried: {
          map: () => node.map,
          takeMap(map) {
            if (map.version <= (node.map?.version ?? 0)) return;
            node.map = map;
            node.gossip.announce();
          },
          settings: () => undefined,
          takeSettings: () => undefined,
          namespaces: () => node.namespaces,
          takeNamespaces: (value) => {
            const document = value as NamespacesDocument;
            if (document.revision <= (node.namespaces?.revision ?? 0)) return;
            node.namespaces = document;
            node.gossip.announce();
          },
        },
        expected: () => size,
        changed: () => undefined,
      }),
    };
    nodes.push(node);
  }
  return { ports, nodes, count };
}

async function until(ports: ManualPorts, holds: () => boolean, limitMs: number): Promise<boolean> {
  for (let spentMs = 0; spentMs < limitMs && !holds(); spentMs += 100) await ports.advance(100);
  return holds();
}

const aliveIn = ({ members }: Node): number => 1 + [...members.others.values()].filter(({ record }) => record.state === 'alive').length;

describe.each([9, 100])('gossip among %i nodes', (size) => {
  it('makes all known to all, spreads a map, and is quiet afterwards', async () => {
    const { ports, nodes, count } = region(size);
    for (const { gossip } of nodes) gossip.start();
    expect(await until(ports, () => nodes.every((node) => aliveIn(node) === size), 20_000)).toBe(true);
    nodes[size - 1].map = mapOf(7);
    nodes[size - 1].gossip.announce();
    expect(await until(ports, () => nodes.every((node) => node.map?.version === 7), 10_000)).toBe(true);
    nodes[1].namespaces = { formatVersion: 1, revision: 3, namespaces: [], retired: [] };
    nodes[1].gossip.announce();
    expect(await until(ports, () => nodes.every((node) => node.namespaces?.revision === 3), 10_000)).toBe(true);
    await ports.advance(5_000);
    expect(new Set(nodes.map(({ members }) => members.fingerprint)).size).toBe(1);
    const before = count.requests;
    await ports.advance(10_000);
    // Two exchanges a second and node, whatever the size of the region.
    expect((count.requests - before) / size / 10).toBeLessThan(4);
  });

  it('shows a node that vanished as failed everywhere, and takes it back when it returns', async () => {
    const { ports, nodes } = region(size);
    for (const { gossip } of nodes) gossip.start();
    await until(ports, () => nodes.every((node) => aliveIn(node) === size), 20_000);
    nodes[3].up = false;
    const rest = nodes.filter((node) => node !== nodes[3]);
    expect(await until(ports, () => rest.every((node) => node.members.others.get('pod-3')?.record.state === 'failed'), 20_000)).toBe(true);
    nodes[3].up = true;
    expect(await until(ports, () => nodes.every((node) => aliveIn(node) === size), 120_000)).toBe(true);
  });
});
