import type { KubeObject, KubePort } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { cacheCluster } from './world.ts';

export interface ShownCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

/** What a person with kubectl does to one CacheCluster, over any KubePort. */
export function driveCluster(kube: KubePort, namespace: string, name = 'demo') {
  const type = resourceTypes.cacheCluster;
  const get = async (): Promise<KubeObject> => {
    const object = await kube.get(type, namespace, name);
    if (!object) throw new Error(`no CacheCluster ${namespace}/${name}`);
    return object;
  };
  const conditionsOf = (object: KubeObject): readonly ShownCondition[] => (object.status?.conditions ?? []) as readonly ShownCondition[];
  return {
    get,
    create: (spec: Record<string, unknown> = {}, more: Partial<KubeObject['metadata']> = {}) => {
      const { uid: _, generation: __, ...metadata } = cacheCluster({}, { name, namespace, ...more }).metadata;
      return kube.create(type, { ...cacheCluster(spec), metadata });
    },
    edit: (spec: Record<string, unknown>, metadata: Record<string, unknown> = {}) => kube.patch(type, namespace, name, { spec, metadata }),
    delete: () => kube.delete(type, namespace, name, { propagationPolicy: 'Background' }),
    condition: async (wanted: string): Promise<ShownCondition | undefined> => conditionsOf(await get()).find((one) => one.type === wanted),
    /** Resolves when the condition is as wanted for the newest generation, as kubectl wait does. */
    until: (wanted: string, status = 'True', reason?: string) =>
      eventually(async () => {
        const object = await get();
        const found = conditionsOf(object).find((one) => one.type === wanted);
        const holds = found?.status === status && found.observedGeneration === object.metadata.generation && (reason === undefined || found.reason === reason);
        return holds ? found : `${wanted}=${status} ${reason ?? ''}: ${JSON.stringify(conditionsOf(object), null, 1)}`;
      }),
  };
}

const pollMs = 25;
const patienceMs = 25_000;

/** Asks again until the answer is not a sentence; that sentence is the failure. */
export async function eventually<T>(ask: () => Promise<T | string>, mostMs = patienceMs): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const answer = await ask();
    if (typeof answer !== 'string') return answer;
    if (performance.now() - startedMs > mostMs) throw new Error(`still not: ${answer}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
