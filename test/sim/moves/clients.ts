import type { History, Operation } from '../check/history.ts';
import type { Rng } from '../world/rng.ts';
import type { Scheduler } from '../world/scheduler.ts';
import { slotOfKey } from './keys.ts';
import type { ShardNode } from './shard-node.ts';

export interface Seen {
  acknowledged: number;
  readonly writes: { readonly operation: Operation; readonly sequence: number }[];
}

const patienceMs = 1_500;
const hopMs = 0.3;
const mostRedirections = 16;

/** Whom clients speak to. */
export interface Served {
  readonly world: Scheduler;
  /** The last that led the shard. */
  readonly primaryOf: (shard: number) => ShardNode | undefined;
  readonly shards: () => number;
  readonly keys: readonly string[];
  /** Any copy of the shard, also one that is about to end: some clients ask there first. */
  readonly anyOf?: (shard: number) => ShardNode | undefined;
}

/** One operation at a time each, unique values; they follow redirections as cluster clients do. */
export function startClients(region: Served, history: History, rng: Rng, count: number, startMs: number, quietMs: number, endMs: () => number): Seen {
  const { world, keys } = region;
  const seen: Seen = { acknowledged: 0, writes: [] };
  const owners = new Map<number, number>();
  let written = 0;

  const runClient = (client: number): void => {
    const next = (): void => {
      if (world.nowMs() > endMs()) return;
      const key = rng.pick(keys);
      const roll = world.nowMs() < quietMs ? rng.unit() : 1;
      const kind = roll < 0.42 ? 'write' : roll < 0.55 ? 'delete' : 'read';
      const operation = history.call({ client, key, kind, value: kind === 'write' ? `v${++written}` : undefined });
      let open = true;
      const finish = (): void => {
        open = false;
        world.at(world.nowMs() + rng.unit() * 30, next);
      };
      world.at(world.nowMs() + patienceMs, () => {
        if (open) finish();
      });
      const attempt = (shard: number, left: number): void => {
        world.at(world.nowMs() + hopMs, () => {
          if (!open) return;
          const node = region.anyOf !== undefined && left === mostRedirections && rng.chance(0.1) ? region.anyOf(shard) : region.primaryOf(shard);
          const again = (at: number): void => {
            if (left > 0) world.at(world.nowMs() + 2, () => attempt(at, left - 1));
            else if (open) {
              history.done(operation, 'failed');
              finish();
            }
          };
          if (node?.alive !== true) return again(rng.below(region.shards()));
          node.request({ kind: kind === 'read' ? 'read' : 'write', key, value: operation.value }, (answer) => {
            world.at(world.nowMs() + hopMs, () => {
              if (!open) return;
              if (answer.kind === 'lost') return finish();
              if (answer.kind === 'moved') {
                owners.set(slotOfKey(key), answer.shard);
                return again(answer.shard);
              }
              if (answer.kind === 'refused') return again(rng.below(region.shards()));
              history.done(operation, 'ok', { value: kind === 'read' ? answer.value : undefined, answeredBy: node.name });
              seen.acknowledged += 1;
              if (kind !== 'read') seen.writes.push({ operation, sequence: answer.sequence });
              return finish();
            });
          });
        });
      };
      attempt(owners.get(slotOfKey(key)) ?? 0, mostRedirections);
    };
    world.at(startMs + rng.unit() * 10, next);
  };
  for (let client = 0; client < count; client++) runClient(client);
  return seen;
}
