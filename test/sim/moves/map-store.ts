import type { OwnershipMap } from '../../../shared/kube/documents.ts';
import type { Rng } from '../world/rng.ts';
import type { Scheduler } from '../world/scheduler.ts';

/** The ownership map's object in a simulated API server: linearizable, with lost requests and answers. */
export interface MapFaults {
  away: boolean;
  lostAnswerChance: number;
  lostRequestChance: number;
  /** A script's hand on single requests: added to the way there or back, milliseconds. */
  hold: ((host: string, kind: 'read' | 'write', way: 'there' | 'back') => number) | undefined;
}

const answerTimeoutMs = 400;

export function createMapStore(world: Scheduler, rng: Rng, first: OwnershipMap) {
  let map = first;
  const history = [first];
  const faults: MapFaults = { away: false, lostAnswerChance: 0, lostRequestChance: 0, hold: undefined };

  const request = <T>(host: string, kind: 'read' | 'write', act: () => T, answer: (result: T | undefined) => void): void => {
    let answered = false;
    const once = (result: T | undefined): void => {
      if (answered) return;
      answered = true;
      answer(result);
    };
    world.at(world.nowMs() + answerTimeoutMs, () => once(undefined));
    if (faults.away || rng.chance(faults.lostRequestChance)) return;
    world.at(world.nowMs() + 1 + rng.unit() * 4 + (faults.hold?.(host, kind, 'there') ?? 0), () => {
      const result = act();
      if (faults.away || rng.chance(faults.lostAnswerChance)) return;
      world.at(world.nowMs() + 1 + rng.unit() * 4 + (faults.hold?.(host, kind, 'back') ?? 0), () => once(result));
    });
  };

  return {
    faults,
    history,
    current: () => map,
    read: (host: string, answer: (sight: { readonly map: OwnershipMap; readonly resourceVersion: string } | undefined) => void): void => request(host, 'read', () => ({ map, resourceVersion: `${map.version}` }), answer),
    write(host: string, wanted: OwnershipMap, resourceVersion: string, answer: (result: 'ok' | 'conflict' | undefined) => void): void {
      request<'ok' | 'conflict'>(host, 'write', () => {
        if (resourceVersion !== `${map.version}`) return 'conflict';
        map = wanted;
        history.push(map);
        return 'ok';
      }, answer);
    },
  };
}

export type MapStore = ReturnType<typeof createMapStore>;
