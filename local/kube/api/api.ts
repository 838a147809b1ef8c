import { type DeleteOptions, KubeError, type KubeList, type KubeObject, type ListOptions, type ResourceType, type WatchOptions, type WatchSink } from '../../../operator/kube/port.ts';
import type { ApiKind } from '../kinds/api-kind.ts';
import { jsonPatch, type JsonPatchOperation } from '../patch/json-patch.ts';
import { mergePatch } from '../patch/merge-patch.ts';
import { strategicPatch } from '../patch/strategic-patch.ts';
import { ownableSchema } from '../apply/managed-fields.ts';
import { type ApplyRequest, applyObject } from './apply-object.ts';
import type { ApiContext, WriteRequest } from './context.ts';
import { createObject } from './create.ts';
import { badRequest, notFound } from './errors.ts';
import { evictPod } from './evict.ts';
import { listObjects } from './list.ts';
import { type Removal, removeObject } from './remove.ts';
import { scaleOf, withScale } from './scale.ts';
import { requireVersion, updateObject } from './update.ts';
import { watchObjects } from './watch.ts';

export type Patch =
  | { readonly type: 'merge'; readonly patch: unknown }
  | { readonly type: 'strategic'; readonly patch: unknown }
  | { readonly type: 'json'; readonly patch: readonly JsonPatchOperation[] };

/**
 * The API server without a transport: what the in-process port, the controllers and the HTTP front call. Everything is done at
 * once; objects that come out are the store's own and must not be changed.
 */
export function createApi(context: ApiContext) {
  const { store, catalogue } = context;

  const live = (kind: ApiKind, namespace: string | undefined, name: string): KubeObject => {
    const object = store.get(kind, kind.namespaced ? namespace : undefined, name);
    if (!object) throw notFound(kind, name);
    return object;
  };
  const placeOf = (kind: ApiKind, object: KubeObject, namespace?: string): string | undefined => (kind.namespaced ? (object.metadata.namespace ?? namespace ?? 'default') : undefined);

  return {
    context,
    kind: (type: ResourceType): ApiKind => catalogue.find(type),
    find: (type: ResourceType, namespace: string | undefined, name: string): KubeObject | undefined => store.get(catalogue.find(type), type.namespaced ? namespace : undefined, name),
    list: (type: ResourceType, options?: ListOptions): KubeList & { readonly remaining?: number } => listObjects(context, catalogue.find(type), options),
    watch: (type: ResourceType, options: WatchOptions, sink: WatchSink): (() => void) => watchObjects(context, catalogue.find(type), options, sink),
    create: (type: ResourceType, object: KubeObject, request: WriteRequest = {}, namespace?: string): KubeObject => createObject(context, catalogue.find(type), namespace, object, request),
    replace(type: ResourceType, object: KubeObject, request: WriteRequest = {}, namespace?: string): KubeObject {
      const kind = catalogue.find(type);
      const { name } = object.metadata ?? {};
      if (!name) throw badRequest('metadata.name: Required value');
      const old = live(kind, placeOf(kind, object, namespace), name);
      if (request.subresource === 'scale') return scaleOf(kind, updateObject(context, kind, old, withScale(kind, old, object), { ...request, subresource: undefined }));
      requireVersion(kind, object);
      return updateObject(context, kind, old, object, { ...request, isPut: true });
    },
    apply: (type: ResourceType, name: string, config: KubeObject, request: ApplyRequest, namespace?: string): KubeObject =>
      applyObject(context, catalogue.find(type), namespace, name, config, request),
    patch(type: ResourceType, namespace: string | undefined, name: string, patch: Patch, request: WriteRequest = {}): KubeObject {
      const kind = catalogue.find(type);
      const old = live(kind, namespace, name);
      if (request.subresource === 'scale') {
        const scaled = withScale(kind, old, patched(kind, scaleOf(kind, old), patch));
        return scaleOf(kind, updateObject(context, kind, old, scaled, { ...request, subresource: undefined }));
      }
      const candidate = patched(kind, old, patch);
      if (candidate.metadata?.name !== name) throw new KubeError(422, 'Invalid', 'metadata.name: Invalid value: field is immutable');
      return updateObject(context, kind, old, candidate, request);
    },
    scale: (type: ResourceType, namespace: string | undefined, name: string): KubeObject => scaleOf(catalogue.find(type), live(catalogue.find(type), namespace, name)),
    /** 404 where there is nothing. */
    remove(type: ResourceType, namespace: string | undefined, name: string, options?: DeleteOptions): Removal {
      const kind = catalogue.find(type);
      return removeObject(context, kind, live(kind, namespace, name), options);
    },
    evict: (namespace: string, pod: string, options?: DeleteOptions): void => evictPod(context, namespace, pod, options),
  };
}

export type Api = ReturnType<typeof createApi>;

function patched(kind: ApiKind, target: KubeObject, patch: Patch): KubeObject {
  switch (patch.type) {
    case 'merge':
      return mergePatch(target, patch.patch) as KubeObject;
    case 'strategic':
      return strategicPatch(target, patch.patch, ownableSchema(kind)) as KubeObject;
    case 'json':
      return jsonPatch(target, patch.patch) as KubeObject;
    default:
      throw badRequest('unknown patch type');
  }
}
