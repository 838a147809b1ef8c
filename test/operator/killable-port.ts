import type { KubePort } from '../../operator/kube/port.ts';

export interface KillablePort {
  readonly port: KubePort;
  /** Requests so far, watches not counted: the awaits of the operator. */
  readonly calls: number;
  readonly killed: boolean;
  /** The last request changed something: before and after it are two different deaths. */
  readonly diedWriting: boolean;
  /** Ends the process from outside: nothing of it is heard or answered any more. */
  kill(): void;
}

/** The process dies at its `deadline`-th request: 'before' it leaves, or 'after' it was carried out and before the answer comes. */
export function killablePort(kube: KubePort, deadline: number, moment: 'before' | 'after'): KillablePort {
  let calls = 0;
  let killed = false;
  let diedWriting = false;
  const never = new Promise<never>(() => {});
  const stops = new Set<() => void>();
  const die = (): Promise<never> => {
    killed = true;
    for (const stop of stops) stop();
    stops.clear();
    return never;
  };
  const guarded = <Args extends unknown[], Answer>(run: (...args: Args) => Promise<Answer>, writes = true) => async (...args: Args): Promise<Answer> => {
    if (killed) return await never;
    calls += 1;
    diedWriting = writes;
    if (calls === deadline && moment === 'before') return await die();
    const dies = calls === deadline;
    const answer = run(...args);
    if (dies) {
      await answer.catch(() => undefined);
      return await die();
    }
    const settled = await answer.then((value) => ({ value }), (error: unknown) => ({ error }));
    if (killed) return await never;
    if ('error' in settled) throw settled.error;
    return settled.value;
  };
  return {
    port: {
      get: guarded(kube.get, false),
      list: guarded(kube.list, false),
      watch(type, options, sink) {
        if (killed) return () => {};
        const stop = kube.watch(type, options, sink);
        stops.add(stop);
        return () => {
          stops.delete(stop);
          stop();
        };
      },
      create: guarded(kube.create),
      replace: guarded(kube.replace),
      apply: guarded(kube.apply),
      patch: guarded(kube.patch),
      delete: guarded(kube.delete),
      evict: guarded(kube.evict),
    },
    get calls() {
      return calls;
    },
    get killed() {
      return killed;
    },
    get diedWriting() {
      return killed && diedWriting;
    },
    kill: () => void die(),
  };
}
