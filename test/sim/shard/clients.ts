import type { Operation, History } from '../check/history.ts';
import type { Rng } from '../world/rng.ts';
import type { Cluster } from './cluster.ts';
import type { Profile } from './faults.ts';
import type { Command, Position } from './key-value-op.ts';

/** What a read showed, beside its value: who showed it and where in the log it was written. */
export interface Shown {
  readonly operation: Operation;
  readonly by: string;
  readonly at: Position;
}

export interface Observations {
  readonly shown: Shown[];
  /** Values of both keys of a pair, read at once (P8). */
  readonly pairs: { readonly operation: Operation; readonly values: readonly (string | undefined)[] }[];
  /** Keys written once with a time to live. */
  readonly mortal: { readonly operation: Operation; readonly ttlMs: number }[];
  acknowledged: number;
  /** Operations whose connection was closed under them. */
  lost: number;
  readonly writeReturnsMs: number[];
}

const patienceMs = 1_500;
const hopMs = 0.3;
const pair = ['p1', 'p2'] as const;

/** Starts the clients: one operation at a time each, unique values, a guess at the primary that refusals correct. */
export function startClients(cluster: Cluster, profile: Profile, history: History, rng: Rng, faultEndMs: number, endMs: number): Observations {
  const { world, nodes, members } = cluster;
  const seen: Observations = { shown: [], pairs: [], mortal: [], acknowledged: 0, lost: 0, writeReturnsMs: [] };
  const keys = Array.from({ length: profile.keys ?? 5 }, (_, i) => `k${i}`);
  const thinkMs = profile.thinkMs ?? 30;
  const count = profile.clients ?? 4;
  const acknowledgers = new Map<number, string>();
  let written = 0;

  const acknowledgedBy = (epoch: number, incarnation: string): void => {
    const other = acknowledgers.get(epoch);
    if (other !== undefined && other !== incarnation) cluster.broken(`two primaries acknowledged in epoch ${epoch}: ${other} and ${incarnation}`);
    acknowledgers.set(epoch, incarnation);
  };

  const chooseCommand = (client: number): Command => {
    if (client < (profile.readers ?? 0)) return { kind: 'read', keys: [rng.pick(keys)] };
    if (rng.unit() < (profile.replicaReads ?? 0.05)) return { kind: 'read', keys: [rng.pick(keys)], replica: true };
    const roll = rng.unit();
    if (roll < 0.06) return { kind: 'write', keys: pair, value: `v${++written}` };
    if (roll < 0.12) return { kind: 'read', keys: pair };
    if (roll < 0.16) return { kind: 'write', keys: [`t${++written}`], value: `v${written}`, ttlMs: rng.pick([400, 1_500, 3_000]) };
    if (roll < 0.24 && seen.mortal.length > 0) return { kind: 'read', keys: [seen.mortal[Math.max(0, seen.mortal.length - 1 - rng.below(12))].operation.key] };
    if (roll < 0.32) return rng.chance(0.5) ? { kind: 'write', keys: [rng.pick(['e0', 'e1'])], value: `v${++written}` } : { kind: 'read', keys: [rng.pick(['e0', 'e1'])] };
    const key = rng.pick(keys);
    const kind = rng.unit();
    return kind < (profile.writes ?? 0.45) ? { kind: 'write', keys: [key], value: `v${++written}` } : kind < (profile.writes ?? 0.45) + (profile.deletes ?? 0.13) ? { kind: 'write', keys: [key], value: undefined } : { kind: 'read', keys: [key] };
  };

  const runClient = (client: number): void => {
    let target = rng.pick(members);
    const next = (): void => {
      if (world.nowMs() > endMs) return;
      perform(world.nowMs() > faultEndMs + (endMs - faultEndMs) / 2 ? { kind: 'read', keys: [rng.pick([...keys, ...pair, 'e0', 'e1'])] } : chooseCommand(client));
    };
    const perform = (command: Command): void => {
      const stale = command.kind === 'read' && command.replica === true;
      const operations = command.keys.map((key) =>
        history.call(command.kind === 'read' ? { client, key, kind: 'read', stale } : { client, key, kind: command.value === undefined ? 'delete' : 'write', value: command.value }),
      );
      if (command.kind === 'write' && command.ttlMs !== undefined) seen.mortal.push({ operation: operations[0], ttlMs: command.ttlMs });
      let open = true;
      const finish = (again?: string): void => {
        open = false;
        if (again !== undefined) target = again;
        const calm = world.nowMs() > faultEndMs ? 2 : 1;
        world.at(world.nowMs() + rng.unit() * thinkMs * calm, next);
      };
      world.at(world.nowMs() + (profile.patienceMs ?? patienceMs), () => {
        if (open) finish(rng.pick(members));
      });
      const host = stale ? rng.pick(members) : target;
      const node = nodes.get(host);
      world.at(world.nowMs() + hopMs, () => {
        if (node === undefined || !node.alive) {
          if (!open) return;
          for (const one of operations) history.done(one, 'failed');
          finish(rng.pick(members));
          return;
        }
        node.request(command, (answer) => {
          // The epoch that answered is the one at the moment of the answer.
          const epoch = node.member.state.config?.epoch ?? 0;
          world.at(world.nowMs() + hopMs, () => {
            if (!open) return;
            if (answer.kind === 'lost') {
              seen.lost += 1;
              return finish(rng.pick(members));
            }
            if (answer.kind === 'refused') {
              for (const one of operations) history.done(one, 'failed');
              return finish(stale ? undefined : (answer.primary ?? rng.pick(members)));
            }
            operations.forEach((one, i) => {
              const entry = answer.entries[i];
              history.done(one, 'ok', { value: command.kind === 'read' ? entry?.value : undefined, answeredBy: `${host}/${epoch}` });
              if (command.kind === 'read' && entry !== undefined) seen.shown.push({ operation: one, by: `${client} at ${node.incarnation}`, at: entry.at });
            });
            seen.acknowledged += 1;
            if (command.kind === 'write') {
              acknowledgedBy(epoch, node.incarnation);
              seen.writeReturnsMs.push(world.nowMs());
            } else if (command.keys.length > 1) seen.pairs.push({ operation: operations[0], values: answer.entries.map((entry) => entry?.value) });
            return finish();
          });
        });
      });
    };
    world.at(1_000 + rng.unit() * 10, next);
  };
  for (let client = 0; client < count; client++) runClient(client);
  return seen;
}
