import type { MoveMessage } from '../../../node/replication/moves/messages.ts';
import type { MoveProfile } from './run.ts';
import type { SimRegion } from './region.ts';
import { slots } from './keys.ts';

/** One interleaving, step by step: what chance would find too rarely. Clients write and read all the while. */
export interface MoveScript {
  readonly profile: MoveProfile;
  readonly run: (region: SimRegion) => void;
}

const half = slots / 2;
const moveAtMs = 3_000;
const busy = { clients: 6, replicas: 1 } as const;
/** Slots 0–3 go from shard 0 to shard 2. */
const orderMove = (region: SimRegion): void => region.setTargets([{ from: 0, to: 3, shard: 2 }, { from: 4, to: half - 1, shard: 0 }, { from: half, to: slots - 1, shard: 1 }]);
const after = (region: SimRegion, ms: number, act: () => void): void => void region.world.at(region.world.nowMs() + ms, act);

function strike(region: SimRegion, shard: number, which: 'primary' | 'replica' | 'all', backAfterMs = 600): void {
  const primary = region.primaryOf(shard)?.name;
  const names = region.names[shard].filter((name) => which === 'all' || (name === primary) === (which === 'primary'));
  for (const name of names) {
    region.kill(name);
    after(region, backAfterMs, () => region.start(name, `uid-${name}`));
  }
}

/** Places in a move at which something dies, as the message that is about to be sent, or the request to the API server. */
export const steps = ['open', 'ready', 'chunk', 'taken', 'orderRead', 'orderWrite', 'orderAnswer', 'finalChunk', 'finalTaken', 'release', 'opened', 'closeWrite', 'closeAnswer', 'afterOpened'] as const;
export type Step = (typeof steps)[number];

function stepOf(message: MoveMessage, sealed: Set<number>): Step | undefined {
  if (message.type === 'chunk') {
    if (message.final) sealed.add(message.index + 1);
    return message.final ? 'finalChunk' : 'chunk';
  }
  if (message.type === 'taken') return sealed.has(message.next) ? 'finalTaken' : 'taken';
  return message.type === 'open' || message.type === 'ready' || message.type === 'release' || message.type === 'opened' ? message.type : undefined;
}

/** Who dies when the first move comes to the step, and whether what was being sent is lost with it. */
export function dieAt(step: Step, victim: 'source' | 'sourceCopy' | 'target' | 'targetCopy', lost: boolean): MoveScript {
  return {
    profile: { name: `${victim} at ${step}`, ...busy },
    run(region) {
      const { world, maps } = region;
      let done = false;
      const sealed = new Set<number>();
      const fire = (): void => {
        if (done) return;
        done = true;
        region.note(`${victim} dies at ${step}`);
        // Not within the step that sends it: the process ends between two turns.
        world.at(world.nowMs() + (lost ? 0 : 0.05), () => strike(region, victim.startsWith('source') ? 0 : 2, victim.endsWith('Copy') ? 'replica' : 'primary'));
      };
      region.setTamper((_from, { message }) => {
        const at = stepOf(message, sealed);
        const isNow = !done && (at === step || (step === 'afterOpened' && at === 'opened'));
        if (isNow && step === 'afterOpened') {
          done = true;
          after(region, 60, () => {
            done = false;
            fire();
          });
        } else if (isNow) {
          fire();
          return lost ? 'drop' : undefined;
        }
        return undefined;
      });
      maps.faults.hold = (host, kind, way) => {
        const at = host.startsWith('s0') ? (kind === 'read' ? 'orderRead' : way === 'there' ? 'orderWrite' : 'orderAnswer') : host.startsWith('s2') && kind === 'write' ? (way === 'there' ? 'closeWrite' : 'closeAnswer') : undefined;
        if (world.nowMs() > moveAtMs && at === step) fire();
        return 0;
      };
      world.at(moveAtMs, () => orderMove(region));
    },
  };
}

export const moveScripts = {
  /** The map still lists the move when all copies of the source are lost: who serves its slots again does so beside the target. */
  emptiedAfterRelease: {
    profile: { name: 'emptiedAfterRelease', ...busy },
    run(region) {
      const { world, maps } = region;
      maps.faults.hold = (host, kind) => (host.startsWith('s2') && kind === 'write' && world.nowMs() < 5_500 ? 3_000 : 0);
      region.setTamper((_from, { message }) => {
        if (message.type === 'opened') after(region, 30, () => strike(region, 0, 'all', 200));
        return undefined;
      });
      world.at(moveAtMs, () => orderMove(region));
    },
  },
  /** The source's copies are all lost while the target has a part of the data, and an older part of it at that. */
  emptiedWhileCopying: {
    profile: { name: 'emptiedWhileCopying', ...busy },
    run(region) {
      const { world } = region;
      let chunks = 0;
      // Ordered, and then nothing more arrives: what is staged grows old.
      region.setTamper((_from, { message }) => (message.type === 'chunk' && world.nowMs() < 6_000 && (region.maps.current().moves.length > 0 || ++chunks > 40) ? 'drop' : undefined));
      world.at(moveAtMs, () => orderMove(region));
      world.at(4_500, () => strike(region, 0, 'all', 200));
    },
  },
  /** A chunk is acknowledged before the target's other copy has it; then the target's primary dies. */
  targetDiesBeforeItsCopyHasIt: {
    profile: { name: 'targetDiesBeforeItsCopyHasIt', ...busy },
    run(region) {
      const { world, network } = region;
      let struck = false;
      region.setTamper((_from, { message }) => {
        if (message.type === 'chunk' && message.final && !struck) {
          struck = true;
          // The copies lose sight of each other for less than it takes to be removed.
          const [a, b] = region.names[2];
          network.link(a, b).blocked = true;
          network.link(b, a).blocked = true;
          after(region, 40, () => strike(region, 2, 'primary', 2_000));
          after(region, 60, () => network.unblock(a, b));
        }
        return undefined;
      });
      world.at(moveAtMs, () => orderMove(region));
    },
  },
  /** The source's primary dies when the move is ordered and copied; keys that are deleted before the next one copies again must not come back. */
  copyBegunAgain: {
    profile: { name: 'copyBegunAgain', ...busy, clients: 14 },
    run(region) {
      const { world, maps } = region;
      let struckMs = Infinity;
      region.setTamper((_from, { message }) => {
        const ordered = maps.current().moves.length > 0;
        if (ordered && struckMs === Infinity) {
          struckMs = world.nowMs();
          strike(region, 0, 'primary', 800);
        }
        return message.type === 'chunk' && message.final && struckMs === Infinity || message.type === 'open' && world.nowMs() > struckMs && world.nowMs() < struckMs + 1_500 ? 'drop' : undefined;
      });
      world.at(moveAtMs, () => orderMove(region));
    },
  },
  /** Targets go there and back again and again. */
  backAndForth: {
    profile: { name: 'backAndForth', ...busy },
    run(region) {
      const { world } = region;
      const home = region.targets().ranges;
      for (let atMs = moveAtMs; atMs < 8_000; atMs += 350) world.at(atMs, () => ((atMs - moveAtMs) % 700 === 0 ? orderMove(region) : region.setTargets(home)));
    },
  },
} as const satisfies Record<string, MoveScript>;

export type MoveScriptName = keyof typeof moveScripts;
