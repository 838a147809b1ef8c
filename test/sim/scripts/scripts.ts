import type { Cluster } from '../shard/cluster.ts';
import type { Profile } from '../shard/faults.ts';
import type { SimNode } from '../shard/sim-node.ts';

/** One interleaving, step by step: what chance would find too rarely. Clients write and read all the while. */
export interface Script {
  readonly profile: Profile;
  readonly run: (cluster: Cluster) => void;
}

const node = (cluster: Cluster, name: string): SimNode => {
  const found = cluster.nodes.get(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

/** Looks every half millisecond until it is so, at most until `untilMs`; what was to follow then does so anyway. */
function once(cluster: Cluster, isSo: () => boolean, act: () => void, untilMs = 9_000): void {
  const look = (): void => {
    if (isSo() || cluster.world.nowMs() > untilMs) act();
    else cluster.world.at(cluster.world.nowMs() + 0.5, look);
  };
  look();
}

const after = (cluster: Cluster, ms: number, act: () => void): void => void cluster.world.at(cluster.world.nowMs() + ms, act);
const isInSync = (cluster: Cluster, name: string): boolean => cluster.lease.current().incarnations[name] === node(cluster, name).incarnation;

/** The primary sleeps until its copy leads alone; then that one sleeps for a while, beside the woken one. */
function sleepsInTurn(cluster: Cluster, first: SimNode): void {
  const second = node(cluster, 'm-1');
  first.paused = true;
  once(cluster, () => second.member.state.serving, () => {
    second.paused = true;
    after(cluster, 200, () => first.resume());
    after(cluster, 1_500, () => second.resume());
  });
}

/** A swap that takes a joiner in, held up on one of its ways, while the data path to the joiner breaks and the primary loses the API server, and dies. */
function additionHeldUp(cluster: Cluster, heldWay: 'there' | 'back'): void {
  const { world, lease } = cluster;
  world.at(3_000, () => {
    const primary = node(cluster, 'm-0');
    cluster.kill('m-1');
    after(cluster, 100, () => cluster.start('m-1', 'uid-m-1'));
    let held = 0;
    lease.faults.hold = (host, kind, way) => (host === 'm-0' && kind === 'swap' && way === heldWay && primary.member.state.cas?.purpose === 'add' && held++ === 0 ? 900 : 0);
    once(cluster, () => primary.member.state.cas?.purpose === 'add', () => {
      cluster.setTamper((envelope) => (envelope.from === 'm-0' && envelope.fromIncarnation === primary.incarnation && envelope.message.type === 'units' ? 'drop' : undefined));
      // A read after a tenth of a second still shows the old Lease while the swap is on its way, and would show the new one while the answer is.
      after(cluster, heldWay === 'there' ? 110 : 20, () => lease.faults.cutOff.add('m-0'));
      after(cluster, 2_400, () => {
        cluster.kill('m-0');
        lease.faults.cutOff.delete('m-0');
      });
      after(cluster, 5_000, () => cluster.start('m-0', 'uid-m-0'));
    });
  });
}

const busy = { clients: 6, keys: 3, thinkMs: 8, minInSync: 1, drift: 0 } as const;

export const scripts = {
  /**
   * P3. The primary stands still for G. While the promoter's swap is under way the primary wakes, its heartbeat is acknowledged, so it has a lease again; then the
   * members lose sight of each other. Who counted silence up to the swap serves beside it.
   */
  wakesDuringTheSwap: {
    profile: { name: 'wakesDuringTheSwap', members: 2, ...busy, readers: 3, patienceMs: 250 },
    run(cluster) {
      const { world, network, lease } = cluster;
      world.at(3_000, () => {
        const primary = node(cluster, 'm-0');
        primary.paused = true;
        once(cluster, () => node(cluster, 'm-1').member.state.cas !== undefined, () => {
          lease.faults.hold = (_host, kind, way) => (kind === 'swap' && way === 'back' ? 60 : 0);
          // It cannot read who leads now.
          lease.faults.cutOff.add('m-0');
          after(cluster, 2_500, () => lease.faults.cutOff.delete('m-0'));
          primary.resume();
          after(cluster, 35, () => network.block('m-0', 'm-1'));
          after(cluster, 2_500, () => network.unblock('m-0', 'm-1'));
        });
      });
    },
  },
  /**
   * P3. The only copy is out of sight until a new member takes the shard, with nothing: the swap wins, its sender dies before it hears so, and the witness hears the old primary
   * again. Who comes after the dead one finds it proved dead in the Lease; the primary before it has a lease all the same.
   */
  takerDiesUnheard: {
    profile: { name: 'takerDiesUnheard', members: 2, ...busy, readers: 3, clients: 8, keys: 24, patienceMs: 250 },
    run(cluster) {
      const { world, network, lease, members, witnessNames } = cluster;
      const cut = (others: readonly string[], blocked: boolean): void => {
        for (const name of others.filter((one) => one !== 'm-0')) {
          if (blocked) network.block('m-0', name);
          else network.unblock('m-0', name);
        }
      };
      world.at(3_000, () => {
        const primary = node(cluster, 'm-0');
        cluster.kill('m-1');
        once(cluster, () => primary.member.state.config?.isr.length === 1, () => {
          cut([...members, ...witnessNames], true);
          lease.faults.cutOff.add('m-0');
          cluster.start('m-1', 'uid-m-1');
          lease.faults.hold = (_host, kind, way) => (kind === 'swap' && way === 'there' ? 300 : 0);
          once(cluster, () => node(cluster, 'm-1').member.state.cas !== undefined, () => {
            cut(witnessNames, false);
            once(cluster, () => lease.current().epoch === 2, () => {
              lease.faults.hold = undefined;
              cluster.kill('m-1');
              after(cluster, 100, () => {
                cluster.start('m-1', 'uid-m-1');
                // Some clients lose patience with the old primary, and find the new one.
                once(cluster, () => node(cluster, 'm-1').member.state.serving, () => {
                  primary.paused = true;
                  after(cluster, 300, () => primary.resume());
                });
              });
            });
          });
        });
      });
    },
  },
  /** P3. As above, but the old primary was not alone: its successor's swap wins as it wakes, the successor dies, and its next incarnation, with nothing, has proof that it is dead. */
  successorRestartsEmpty: {
    profile: { name: 'successorRestartsEmpty', members: 2, ...busy, readers: 3, clients: 8, keys: 24, writes: 0.2, patienceMs: 250 },
    run(cluster) {
      const { world, lease } = cluster;
      world.at(3_000, () => {
        const primary = node(cluster, 'm-0');
        primary.paused = true;
        lease.faults.hold = (host, kind, way) => (host === 'm-1' && kind === 'swap' && way === 'there' && lease.current().epoch === 1 ? 250 : 0);
        once(cluster, () => node(cluster, 'm-1').member.state.cas !== undefined, () => {
          lease.faults.cutOff.add('m-0');
          primary.resume();
          once(cluster, () => lease.current().epoch === 2, () => {
            cluster.network.block('m-0', 'm-1');
            cluster.kill('m-1');
            cluster.start('m-1', 'uid-m-1');
            once(cluster, () => node(cluster, 'm-1').member.state.serving, () => {
              primary.paused = true;
              after(cluster, 260, () => primary.resume());
            });
          });
        });
      });
    },
  },
  /**
   * P3, B1. The only member of the Lease is out of sight and does not know that it was to lead: its swap won, and it goes on as a copy of the old primary beside it. The witness,
   * which that member would need if it led, has heard nothing of it.
   */
  islandOfTheDeposed: {
    profile: { name: 'islandOfTheDeposed', members: 3, ...busy, readers: 3, clients: 8, keys: 24, patienceMs: 250 },
    run(cluster) {
      const { world, network, lease, witnessNames } = cluster;
      world.at(3_000, () => {
        const primary = node(cluster, 'm-0');
        cluster.kill('m-2');
        once(cluster, () => primary.member.state.config?.isr.length === 2, () => {
          primary.paused = true;
          lease.faults.hold = (host, kind, way) => (host === 'm-1' && kind === 'swap' ? (way === 'there' ? 250 : 5_000) : 0);
          once(cluster, () => node(cluster, 'm-1').member.state.cas !== undefined, () => {
            lease.faults.cutOff.add('m-0');
            primary.resume();
            once(cluster, () => lease.current().epoch === 2, () => {
              lease.faults.cutOff.add('m-1');
              for (const copy of ['m-0', 'm-1']) for (const other of ['m-2', ...witnessNames]) network.block(copy, other);
              cluster.start('m-2', 'uid-m-2');
              once(cluster, () => node(cluster, 'm-2').member.state.serving, () => {
                primary.paused = true;
                after(cluster, 260, () => primary.resume());
              }, 10_500);
            });
          });
        });
      });
    },
  },
  /**
   * P3. The primary stands still for G; while its successor's swap is under way it wakes and is heard again. The successor dies as it wins. A third, which reads of both at
   * once, has proof that the successor is dead, and none that the first is.
   */
  successorDiesUnheard: {
    profile: { name: 'successorDiesUnheard', members: 3, ...busy, readers: 3, clients: 8, keys: 24, writes: 0.2, patienceMs: 250 },
    run(cluster) {
      const { world, network, lease } = cluster;
      world.at(3_000, () => {
        const primary = node(cluster, 'm-0');
        primary.paused = true;
        const swaps = (): boolean => node(cluster, 'm-1').member.state.cas !== undefined && node(cluster, 'm-2').member.state.read?.promote === true;
        lease.faults.hold = (host, kind, way) => (way !== 'there' ? 0 : host === 'm-1' && kind === 'swap' ? 280 : host === 'm-2' && kind === 'read' && lease.current().epoch === 1 ? 300 : 0);
        once(cluster, swaps, () => {
          lease.faults.cutOff.add('m-0');
          primary.resume();
          once(cluster, () => lease.current().epoch === 2, () => {
            cluster.kill('m-1');
            after(cluster, 4_000, () => cluster.start('m-1', 'uid-m-1'));
            once(cluster, () => node(cluster, 'm-2').member.state.config?.epoch === 2, () => network.block('m-0', 'm-2'));
          });
        });
      });
    },
  },
  /** P4. Units of the old epoch are held up on the way and arrive when their receivers have promoted another: whoever takes them acknowledges what is lost. */
  lateUnits: {
    profile: { name: 'lateUnits', members: 3, ...busy, clients: 8 },
    run(cluster) {
      const { world } = cluster;
      world.at(2_985, () => cluster.setTamper((envelope) => (envelope.from === 'm-0' && envelope.epoch === 1 && envelope.message.type === 'units' && world.nowMs() < 3_000 ? 1_198 : undefined)));
      world.at(3_000, () => {
        const primary = node(cluster, 'm-0');
        primary.paused = true;
        once(cluster, () => cluster.promotions.length >= 2, () => primary.resume());
      });
    },
  },
  /** P4. An answer to a read of the Lease comes back after its reader has won the Lease and served: who obeys it is a replica of the old primary again, and what it served is lost. */
  lateRead: {
    profile: { name: 'lateRead', members: 2, readers: 2, ...busy },
    run(cluster) {
      const { world, lease } = cluster;
      world.at(3_000, () => {
        const primary = node(cluster, 'm-0');
        primary.paused = true;
        once(cluster, () => node(cluster, 'm-1').member.state.cas !== undefined, () => undefined);
        // The swap goes slowly, so that a read overtakes it; the answer to that read goes slower still.
        lease.faults.hold = (host, kind, way) => (host !== 'm-1' || cluster.promotions.length >= 2 ? 0 : kind === 'swap' ? (way === 'there' ? 120 : 0) : node(cluster, 'm-1').member.state.cas !== undefined && way === 'back' ? 385 : 0);
        once(cluster, () => cluster.promotions.length >= 2 && node(cluster, 'm-1').member.state.config?.epoch === 1, () => primary.resume(), 6_500);
      });
    },
  },
  /**
   * P11. The swap that takes a joiner in is held up; a read in between still shows the old Lease. Then the data path to the joiner breaks, and the primary
   * dies. Who took the swap for lost went on alone, and the joiner, in the Lease after all, leads without what was acknowledged.
   */
  lateAddition: {
    profile: { name: 'lateAddition', members: 2, ...busy },
    run: (cluster) => additionHeldUp(cluster, 'there'),
  },
  /** P11. The same when the swap arrives at once and its answer does not. */
  unheardAddition: {
    profile: { name: 'unheardAddition', members: 2, ...busy },
    run: (cluster) => additionHeldUp(cluster, 'back'),
  },
  /**
   * P2. Answers to heartbeats are on their way for long, then nothing of the primary reaches the other copy: it counts its silence from the last heartbeat that came. Who
   * counts the lease from the answers reads on beside it.
   */
  slowAnswers: {
    profile: { name: 'slowAnswers', members: 2, ...busy, readers: 3, patienceMs: 250 },
    run(cluster) {
      const { world, network, lease } = cluster;
      world.at(3_000, () => {
        cluster.setTamper((envelope) => (envelope.from === 'm-1' && envelope.message.type === 'heartbeat-ack' && envelope.epoch === 1 ? 900 : undefined));
        lease.faults.cutOff.add('m-0');
        after(cluster, 250, () => network.block('m-0', 'm-1', true));
        after(cluster, 3_000, () => {
          network.unblock('m-0', 'm-1');
          lease.faults.cutOff.delete('m-0');
          cluster.setTamper(() => undefined);
        });
      });
    },
  },
  /** P5. A replica restarts with nothing while the primary, now the only copy, stands still for two seconds. */
  emptyBesideSleeper: {
    profile: { name: 'emptyBesideSleeper', members: 2, ...busy },
    run(cluster) {
      const { world } = cluster;
      world.at(3_000, () => {
        const primary = node(cluster, 'm-0');
        cluster.kill('m-1');
        after(cluster, 100, () => cluster.start('m-1', 'uid-m-1'));
        once(cluster, () => primary.member.state.config?.isr.length === 1, () => {
          primary.paused = true;
          after(cluster, 2_000, () => primary.resume());
        });
      });
    },
  },
  /**
   * B2. A pod is replaced while the Lease still names the old one: its primary hears the new pod. The new pod joins, leads later on, alone, and stands still. Who remembers the
   * pod's UID alone takes that for the proof that the incarnation in the Lease has been restarted, and begins again with nothing beside the only copy.
   */
  replacedLongAgo: {
    profile: { name: 'replacedLongAgo', members: 2, ...busy },
    run(cluster) {
      const { world } = cluster;
      world.at(3_000, () => {
        const first = node(cluster, 'm-0');
        cluster.kill('m-1');
        after(cluster, 100, () => {
          cluster.start('m-1', 'uid-m-1-again');
          once(cluster, () => isInSync(cluster, 'm-1'), () => sleepsInTurn(cluster, first));
        });
      });
    },
  },
  /**
   * B2, P5. The last words of an incarnation that lived and died before the one in the Lease arrive late: another incarnation under the same pod UID, but not a later one.
   */
  lastWordsOfAnOlder: {
    profile: { name: 'lastWordsOfAnOlder', members: 2, ...busy },
    run(cluster) {
      const { world } = cluster;
      world.at(3_000, () => {
        const first = node(cluster, 'm-0');
        cluster.kill('m-1');
        after(cluster, 100, () => {
          cluster.start('m-1', 'uid-m-1');
          const older = node(cluster, 'm-1');
          let held = 0;
          cluster.setTamper((envelope) => (envelope.fromIncarnation !== older.incarnation ? undefined : envelope.to === 'm-0' && held++ === 0 ? 4_000 : 'drop'));
          after(cluster, 200, () => cluster.kill('m-1'));
        });
        after(cluster, 400, () => cluster.start('m-1', 'uid-m-1'));
        after(cluster, 2_000, () => sleepsInTurn(cluster, first));
      });
    },
  },
  /**
   * P16. A copy stands still for five seconds, its primary dies at the beginning of them. What the primary had sent is received when the copy wakes: who takes that for the
   * present time of the shard shows for as long what has expired.
   */
  sleepsThroughTheEnd: {
    profile: { name: 'sleepsThroughTheEnd', members: 2, ...busy, clients: 8, thinkMs: 50 },
    run(cluster) {
      const { world } = cluster;
      world.at(3_500, () => {
        const copy = node(cluster, 'm-1');
        copy.paused = true;
        after(cluster, 300, () => cluster.kill('m-0'));
        after(cluster, 5_300, () => copy.resume());
        after(cluster, 7_000, () => cluster.start('m-0', 'uid-m-0'));
      });
    },
  },
  /** P2. A primary reaches the API server and no node at all, for seconds: its copy must be able to lead. */
  isolatedWithTheLease: {
    profile: { name: 'isolatedWithTheLease', members: 2, ...busy, progressWithinMs: 2_500, patienceMs: 250 },
    run(cluster) {
      const { world, network, members, witnessNames } = cluster;
      world.at(3_000, () => {
        for (const name of [...members, ...witnessNames]) if (name !== 'm-0') network.block('m-0', name);
      });
    },
  },
  /**
   * P4. The primary stands still for G; while the other's swap is under way it wakes, is heard again, and takes a joiner in. The read that shows who won shows both that the
   * joiner counts no more and that another leads: who commits first and obeys then acknowledges in an epoch that it knows to be another's.
   */
  joinerOutlivesTheEpoch: {
    profile: { name: 'joinerOutlivesTheEpoch', members: 3, ...busy, clients: 8 },
    run(cluster) {
      const { world, lease } = cluster;
      world.at(3_000, () => {
        const primary = node(cluster, 'm-0');
        cluster.kill('m-2');
        const adds = (): boolean => primary.member.state.cas?.purpose === 'add';
        once(cluster, () => primary.member.state.config?.isr.length === 2, () => {
          primary.paused = true;
          lease.faults.hold = (host, kind, way) => (kind !== 'swap' || way !== 'there' ? 0 : host === 'm-1' ? 900 : adds() ? 3_000 : 0);
          once(cluster, () => node(cluster, 'm-1').member.state.cas !== undefined, () => {
            primary.resume();
            cluster.start('m-2', 'uid-m-2');
            cluster.setTamper(({ from, to, message }) => ((from === 'm-0' && to === 'm-2' && message.type === 'units' && adds()) || (from === 'm-1' && message.type === 'stale') ? 'drop' : undefined));
            once(cluster, () => primary.member.state.config?.primary === 'm-1', () => cluster.setTamper(() => undefined));
          });
        });
      });
    },
  },
  /**
   * B2. A member restarts twice within moments; what its first new incarnation said comes late, when the second one already leads: taken for a proof that it is dead, it
   * lets another copy lead beside it.
   */
  lateJoin: {
    profile: { name: 'lateJoin', members: 3, ...busy, readers: 3, clients: 8, patienceMs: 250 },
    run(cluster) {
      const { world, network } = cluster;
      const arrivesMs = 6_000;
      world.at(3_000, () => {
        cluster.kill('m-1');
        cluster.start('m-1', 'uid-m-1');
        const { incarnation } = node(cluster, 'm-1');
        let held = false;
        cluster.setTamper((envelope) => {
          if (envelope.fromIncarnation !== incarnation || envelope.to !== 'm-2' || envelope.message.type !== 'join') return undefined;
          held = true;
          return arrivesMs - world.nowMs();
        });
        once(cluster, () => held, () => {
          cluster.kill('m-1');
          cluster.start('m-1', 'uid-m-1');
          const whole = (): boolean => node(cluster, 'm-0').member.state.config?.incarnations['m-1'] === node(cluster, 'm-1').incarnation;
          once(cluster, whole, () => node(cluster, 'm-0').switchover('m-1'), arrivesMs - 500);
        });
      });
      world.at(arrivesMs, () => {
        for (const name of ['m-0', 'm-2']) network.block(name, 'm-1', true);
        after(cluster, 1_500, () => {
          for (const name of ['m-0', 'm-2']) network.unblock(name, 'm-1');
        });
      });
    },
  },
  /**
   * P12. A joiner was taken in, and taken out again as it did not answer, before it heard of either: the news that it is in comes late, and heartbeats follow. Who is
   * content with heartbeats never asks to be taken in again.
   */
  lateWelcome: {
    profile: { name: 'lateWelcome', members: 2, ...busy, backlogBytes: 300 },
    run(cluster) {
      const { world } = cluster;
      world.at(3_000, () => {
        const primary = node(cluster, 'm-0');
        cluster.kill('m-1');
        after(cluster, 50, () => cluster.start('m-1', 'uid-m-1'));
        once(cluster, () => primary.member.state.cas?.purpose === 'add', () => {
          let held = false;
          cluster.setTamper((envelope) => {
            if (held || envelope.from !== 'm-0' || envelope.to !== 'm-1') return undefined;
            held = true;
            return 800;
          });
        });
      });
    },
  },
} as const satisfies Record<string, Script>;

export type ScriptName = keyof typeof scripts;
