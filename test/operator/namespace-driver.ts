import type { KubeObject, KubePort } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { eventually, type ShownCondition } from './cluster-driver.ts';

/** What a person with kubectl does to one CacheNamespace, over any KubePort. */
export function driveNamespace(kube: KubePort, namespace: string, name: string) {
  const type = resourceTypes.cacheNamespace;
  const get = (): Promise<KubeObject | undefined> => kube.get(type, namespace, name);
  const condition = async (wanted: string): Promise<ShownCondition | undefined> => ((await get())?.status?.conditions as ShownCondition[] | undefined)?.find((one) => one.type === wanted);
  /** `Ready=True InForce` for the newest generation. */
  const shown = async (wanted: string): Promise<string> => {
    const found = await condition(wanted);
    return `${found?.status} ${found?.reason}`;
  };
  return {
    get,
    condition,
    shown,
    status: async () => (await get())?.status ?? {},
    create: (spec: Record<string, unknown> = {}) => kube.create(type, { apiVersion: 'meridiancache.io/v1alpha1', kind: 'CacheNamespace', metadata: { name, namespace }, spec: { clusterRef: { name: 'demo' }, ...spec } }),
    edit: (spec: Record<string, unknown>) => kube.patch(type, namespace, name, { spec }),
    delete: () => kube.delete(type, namespace, name, { propagationPolicy: 'Background' }),
    until: (wanted: string, text: string) =>
      eventually(async () => {
        const object = await get();
        const found = await condition(wanted);
        return found?.observedGeneration === object?.metadata.generation && `${found?.status} ${found?.reason}` === text ? true : `${name}: ${wanted} ${text}, but ${JSON.stringify(object?.status)}`;
      }),
    untilGone: () => eventually(async () => ((await get()) === undefined ? true : `${name} gone`)),
  };
}
