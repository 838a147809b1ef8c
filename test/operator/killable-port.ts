import type { KubePort } from '../../operator/kube/port.ts';
import type { NodeApi } from '../../operator/node-api/node-api.ts';

export interface KillablePort {
  readonly port: KubePort;
  /** What the operator awaits of nodes. */
  readonly nodeApi: NodeApi;
  /** What was awaited so far, watches not counted: of the API server and of nodes, and whether it could change something. */
  readonly calls: readonly ('read' | 'write')[];
  readonly killed: boolean;
  /** Ends the process from outside: nothing of it is heard or answered any more. */
  kill(): void;
}

/** The process dies at its `deadline`-th await: 'before' the request leaves, or 'after' it was carried out and before the answer comes. */
export function killablePort(kube: KubePort, nodeApi: NodeApi, deadline: number, moment: 'before' | 'after'): KillablePort {
  const calls: ('read' | 'write')[] = [];
  let killed = false;
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
    calls.push(writes ? 'write' : 'read');
    const dies = calls.length === deadline;
    if (dies && moment === 'before') return await die();
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
    nodeApi: { ...nodeApi, status: guarded(nodeApi.status, false), switchover: guarded(nodeApi.switchover), applyConfig: guarded(nodeApi.applyConfig), hibernate: guarded(nodeApi.hibernate), applyNamespaces: guarded(nodeApi.applyNamespaces), namespaceFigures: guarded(nodeApi.namespaceFigures, false) },
    calls,
    get killed() {
      return killed;
    },
    kill: () => void die(),
  };
}
