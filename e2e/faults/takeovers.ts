import { setTimeout as sleep } from 'node:timers/promises';
import { epochNowMs, type Judged } from '../clients/judged.ts';
import type { Step } from '../journey/step.ts';
import { judged, placesOf, type World } from '../world.ts';
import type { Strike } from './strikes.ts';
import { addressOf, cluster, region, settled, shardCount, spread } from './world.ts';

/** Clients ask another node when one does not answer within this. */
const patienceMs = 250;
const settleMs = 300;

interface Fault {
  readonly name: string;
  readonly count: number;
  /** Of the 99th percentile. */
  readonly goalMs: number;
  readonly strike: Strike;
  /** How long the fault lasts at least. */
  readonly lastsMs?: number;
}

/** Strikes the primary of a shard again and again under load, measures until another node acknowledges writes, and has the history judged. */
export function takeovers({ name, count, goalMs, strike, lastsMs = 0 }: Fault): Step {
  return {
    name: `${name} × ${count}: another node acknowledges writes within ${goalMs} ms (p99), nothing acknowledged is lost`,
    run: async (world, report) => {
      await settled(world, 0);
      const clients = await judged(world, cluster, region, { shard: 0, shards: shardCount, patienceMs });
      try {
        const outagesMs: number[] = [];
        while (outagesMs.length < count) outagesMs.push(await once(world, clients, strike, lastsMs));
        const history = await clients.judge();
        const figures = `${name} × ${count}: writes back after ${spread(outagesMs)}; ${history.acknowledged} acknowledged writes, ${history.operations} operations: linearizable, none lost`;
        report(figures);
        const sorted = outagesMs.toSorted((a, b) => a - b);
        if (sorted[Math.floor(sorted.length * 0.99)] > goalMs) throw new Error(`the goal is missed: ${figures}`);
      } finally {
        await clients.end();
      }
    },
  };
}

/** Until another node acknowledges a write, milliseconds. */
async function once(world: World, clients: Judged, strike: Strike, lastsMs: number): Promise<number> {
  const primary = await settled(world, 0);
  clients.move(await placesOf(world, cluster, region));
  const blow = strike(world, primary);
  await sleep(settleMs);
  await clients.acknowledged(epochNowMs());
  const struckMs = epochNowMs();
  blow.begin();
  const backMs = await clients.acknowledged(struckMs, addressOf(primary));
  await sleep(Math.max(0, lastsMs - (epochNowMs() - struckMs)));
  blow.end();
  return backMs - struckMs;
}
