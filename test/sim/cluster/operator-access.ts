import { KubeError, type KubePort, type WatchEvent } from '../../../operator/kube/port.ts';
import type { NodeApi } from '../../../operator/node-api/node-api.ts';
import type { Rng } from '../world/rng.ts';
import type { Scheduler } from '../world/scheduler.ts';

/** What stands between the operator and everybody else. */
export interface OperatorFaults {
  away: boolean;
  lostRequestChance: number;
  lostAnswerChance: number;
  /** A 500 from the API server, before anything is done. */
  errorChance: number;
  /** A 409 on a write, before anything is done. */
  conflictChance: number;
  extraDelayMs: number;
  /** How far watches trail. */
  watchLagMs: number;
}

export const noOperatorFaults: OperatorFaults = { away: false, lostRequestChance: 0, lostAnswerChance: 0, errorChance: 0, conflictChance: 0, extraDelayMs: 0, watchLagMs: 0 };

interface Watch {
  /** Its connection breaks: the operator is told. */
  readonly breakOff: () => void;
  /** Its process is gone. */
  readonly drop: () => void;
}

/** One life of the operator's process. */
export interface Life {
  alive: boolean;
  /** Awaits so far, of the API server and of nodes. */
  calls: number;
  /** It dies at this await… */
  diesAt: number | undefined;
  /** …before the request leaves, or after it was carried out. */
  diesBefore: boolean;
  readonly watches: Set<Watch>;
  /** Of the build after this one. */
  readonly isNext: boolean;
}

export const newLife = (isNext: boolean): Life => ({ isNext, alive: true, calls: 0, diesAt: undefined, diesBefore: false, watches: new Set() });

export interface AccessOptions {
  readonly world: Scheduler;
  readonly rng: Rng;
  readonly faults: OperatorFaults;
  readonly life: Life;
  readonly kube: KubePort;
  readonly nodes: NodeApi;
  readonly kill: () => void;
  /** Promises are about to settle: what waits for them runs before anything else does. */
  readonly touched: () => void;
  readonly note: (line: string) => void;
}

const requestTimeoutMs = 1_500;

/** The production operator's two ports over the simulated network: every answer takes time, may be lost, and the process may die at any of them. */
export function createOperatorAccess({ world, rng, faults, life, kube, nodes, kill, touched, note }: AccessOptions): { readonly kube: KubePort; readonly nodeApi: NodeApi } {
  const delay = (): number => 0.5 + rng.unit() * 3 + rng.unit() * faults.extraDelayMs;
  const at = (ms: number, act: () => void): void => void world.at(world.nowMs() + ms, () => {
    touched();
    act();
  });

  const call = <Answer>(what: string, isWrite: boolean, run: () => Promise<Answer>): Promise<Answer> =>
    new Promise<Answer>((resolve, reject) => {
      if (!life.alive) return;
      life.calls += 1;
      const dies = life.diesAt === life.calls;
      if (dies) note(`operator dies ${life.diesBefore ? 'before' : 'after'} ${what}`);
      if (dies && life.diesBefore) return kill();
      const answer = (act: () => void): void => {
        if (life.alive) act();
      };
      const timer = world.at(world.nowMs() + requestTimeoutMs, () => {
        touched();
        answer(() => reject(new Error(`no answer to ${what}`)));
      });
      if (faults.away || rng.chance(faults.lostRequestChance)) return;
      const refusal = rng.chance(faults.errorChance) ? new KubeError(500, 'InternalError', 'etcd is away') : isWrite && rng.chance(faults.conflictChance) ? new KubeError(409, 'Conflict', 'the object has been modified') : undefined;
      at(delay(), () => {
        if (isWrite) note(`operator ${what}`);
        const done = (act: () => void): void => {
          if (dies) return kill();
          if (faults.away || rng.chance(faults.lostAnswerChance)) return;
          at(delay(), () => {
            timer.cancelled = true;
            answer(act);
          });
        };
        if (refusal) return done(() => reject(refusal));
        run().then((value) => done(() => resolve(value)), (error: unknown) => done(() => reject(error as Error)));
      });
    });

  const watch: KubePort['watch'] = (type, options, sink) => {
    if (!life.alive) return () => {};
    let over = false;
    let lastMs = 0;
    // In order, and late.
    const late = (act: () => void): void => {
      lastMs = Math.max(lastMs, world.nowMs() + 0.5 + rng.unit() * faults.watchLagMs);
      world.at(lastMs, () => {
        if (over) return;
        touched();
        act();
      });
    };
    const stopUpstream = kube.watch(type, options, {
      event: (event: WatchEvent) => late(() => sink.event(event)),
      end: (error) => late(() => {
        finish();
        sink.end(error);
      }),
    });
    const finish = (): void => {
      over = true;
      life.watches.delete(handle);
    };
    const drop = (): void => {
      finish();
      stopUpstream();
    };
    const handle: Watch = {
      drop,
      breakOff() {
        stopUpstream();
        late(() => {
          finish();
          sink.end(new Error('the connection was reset'));
        });
      },
    };
    life.watches.add(handle);
    return drop;
  };

  const nameOf = (object: { readonly kind: string; readonly metadata: { readonly name: string } }): string => `${object.kind} ${object.metadata.name}`;
  return {
    kube: {
      get: (type, namespace, name) => call(`get ${type.kind} ${name}`, false, () => kube.get(type, namespace, name)),
      list: (type, options) => call(`list ${type.kind}`, false, () => kube.list(type, options)),
      watch,
      create: (type, object, options) => call(`create ${nameOf({ ...object, kind: type.kind })}`, true, () => kube.create(type, object, options)),
      replace: (type, object, options) => call(`replace ${nameOf({ ...object, kind: type.kind })}`, true, () => kube.replace(type, object, options)),
      apply: (type, object, options) => call(`apply ${nameOf({ ...object, kind: type.kind })} ${options.subresource ?? ''}`, true, () => kube.apply(type, object, options)),
      patch: (type, namespace, name, patch, options) => call(`patch ${type.kind} ${name}`, true, () => kube.patch(type, namespace, name, patch, options)),
      delete: (type, namespace, name, options) => call(`delete ${type.kind} ${name}`, true, () => kube.delete(type, namespace, name, options)),
      evict: (namespace, pod, options) => call(`evict ${pod}`, true, () => kube.evict(namespace, pod, options)),
    },
    nodeApi: {
      ...nodes,
      status: (target) => call(`status ${target.pod}`, false, () => nodes.status(target)),
      switchover: (target, to) => call(`switchover ${target.pod} ${to}`, true, () => nodes.switchover(target, to)),
      applyConfig: (target, config) => call(`configure ${target.pod}`, true, () => nodes.applyConfig(target, config)),
      targetsChanged: (target) => call(`retarget ${target.pod}`, true, () => nodes.targetsChanged(target)),
      hibernate: (target, on) => call(`hibernate ${target.pod}`, true, () => nodes.hibernate(target, on)),
      applyNamespaces: (target, document) => call(`namespaces ${target.pod}`, true, () => nodes.applyNamespaces(target, document)),
      namespaceFigures: (target) => call(`figures ${target.pod}`, false, () => nodes.namespaceFigures(target)),
    },
  };
}
