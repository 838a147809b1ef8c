import type { Envelope } from '../../../node/replication/messages.ts';
import type { MoveEnvelope } from '../../../node/replication/moves/messages.ts';
import { createWitness } from '../../../node/replication/witness.ts';
import type { OwnershipMap } from '../../../shared/kube/documents.ts';
import type { createNetwork } from '../world/network.ts';
import type { Rng } from '../world/rng.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { ShardNode } from './shard-node.ts';

/** What a script may do to a message about moves: let it pass (undefined), drop it, or hold it for so many milliseconds. */
export type Tamper = (from: string, envelope: MoveEnvelope) => 'drop' | number | undefined;

export interface WiresOptions {
  readonly world: Scheduler;
  readonly network: ReturnType<typeof createNetwork>;
  readonly rng: Rng;
  readonly note: (line: string) => void;
  /** What becomes of messages on their way; undefined: nothing. */
  readonly translation?: { readonly envelope: (envelope: Envelope) => Envelope; readonly move: (from: string, to: string, envelope: MoveEnvelope) => MoveEnvelope };
}

/** The bus of one region: what its processes say to each other, and who is there to be spoken to. */
export function createWires({ world, network, rng, note, translation }: WiresOptions) {
  const nodes = new Map<string, ShardNode>();
  const witnesses = new Map<string, ReturnType<typeof createWitness>>();
  const primaries = new Map<number, { readonly name: string; readonly epoch: number }>();
  let tamper: Tamper = () => undefined;
  const living = (): readonly ShardNode[] => [...nodes.values()].filter((node) => node.alive);
  const clear = (from: string, to: string): boolean => !network.link(from, to).blocked && !network.link(to, from).blocked;

  // One ordered channel per pair of processes; a broken channel loses what is under way.
  const channelOf = new Map<string, number>();
  const carry = (from: ShardNode | undefined, to: string, extraMs: number, arrive: () => void): void => {
    const link = network.link(from?.name ?? '', to);
    if (from === undefined || link.blocked || network.isDown(to) || rng.chance(link.breakChance)) return;
    const key = `${from.name}/${from.incarnation}>${to}`;
    const atMs = Math.max(channelOf.get(key) ?? 0, world.nowMs() + 0.2 + rng.unit() * 0.3 + rng.unit() * link.extraDelayMs) + extraMs;
    if (extraMs === 0) channelOf.set(key, atMs);
    world.at(atMs, () => {
      if (!network.link(from.name, to).blocked) arrive();
    });
  };
  const deliver = (sent: Envelope): void => carry(nodes.get(sent.from), sent.to, 0, () => {
    const envelope = translation === undefined ? sent : translation.envelope(sent);
    const receiver = nodes.get(envelope.to);
    if (receiver?.shard === envelope.shard) return receiver.receive(envelope);
    const message = receiver?.alive === true && !receiver.paused ? witnesses.get(envelope.to)?.answer(envelope, envelope.message, world.nowMs()) : undefined;
    if (message !== undefined) deliver({ ...envelope, from: envelope.to, fromIncarnation: receiver?.incarnation ?? '', to: envelope.from, toIncarnation: envelope.fromIncarnation, message });
    return undefined;
  });
  // Who missed the news hears it sooner or later.
  const gossip = (): void => {
    for (const node of living()) {
      const other = rng.pick(living());
      const { map } = node;
      if (map !== undefined && other !== node) carry(node, other.name, 0, () => other.run(() => other.takeMap(map)));
    }
    world.at(world.nowMs() + 500, gossip);
  };
  world.at(world.nowMs() + 500, gossip);

  return {
    nodes,
    primaries,
    living,
    setTamper: (next: Tamper): void => void (tamper = next),
    send: deliver,
    sendMove(from: string, envelope: MoveEnvelope): void {
      const to = primaries.get(envelope.toShard)?.name;
      const meddled = tamper(from, envelope);
      if (to === undefined || meddled === 'drop') return;
      carry(nodes.get(from), to, meddled ?? 0, () => {
        note(`${from}>${to} ${envelope.message.type}`);
        nodes.get(to)?.receiveMove(translation === undefined ? envelope : translation.move(from, to, envelope));
      });
    },
    probe(by: string, member: string, incarnation: string, answer: (dead: boolean) => void): void {
      const gone = nodes.get(member)?.alive !== true || nodes.get(member)?.incarnation !== incarnation;
      const second = living().some((other) => other.name !== by && other.name !== member && clear(by, other.name) && clear(other.name, member));
      world.at(world.nowMs() + 2 + rng.unit(), () => answer(gone && second && clear(by, member)));
    },
    witnessesOf: (shard: number): readonly string[] => living().filter((node) => node.shard !== shard).map((node) => node.name).toSorted(),
    incarnationOf: (name: string): string => nodes.get(name)?.incarnation ?? '',
    leads(node: ShardNode, epoch: number): void {
      if (epoch > (primaries.get(node.shard)?.epoch ?? 0)) primaries.set(node.shard, { name: node.name, epoch });
    },
    /** New versions spread over the bus. */
    mapSeen(node: ShardNode, map: OwnershipMap): void {
      for (const other of living()) if (other !== node) carry(node, other.name, 0, () => other.run(() => other.takeMap(map)));
    },
    /** Who else serves the slot now. */
    rivals: (node: ShardNode, slot: number): readonly ShardNode[] => living().filter((other) => other.shard !== node.shard && other.serves(slot)),
    up(node: ShardNode): void {
      network.up(node.name);
      witnesses.set(node.name, createWitness(world.nowMs()));
      nodes.set(node.name, node);
    },
    kill(name: string): void {
      const node = nodes.get(name);
      if (node === undefined || !node.alive) return;
      node.kill();
      network.down(name);
      for (const other of living()) if (clear(name, other.name)) world.at(world.nowMs() + 1, () => other.disconnected(name));
    },
    primaryOf: (shard: number): ShardNode | undefined => nodes.get(primaries.get(shard)?.name ?? ''),
  };
}

export type Wires = ReturnType<typeof createWires>;
