import { KubeError, type KubePort, type WriteOptions } from '../../operator/kube/port.ts';
import type { Api } from './api/api.ts';
import { cloneObject } from './api/context.ts';
import { badRequest, notFound } from './api/errors.ts';

/** A resize writes the pod itself: nobody holds its processes to it. */
const meant = ({ subresource, ...rest }: WriteOptions): Omit<WriteOptions, 'subresource'> & { readonly subresource?: 'status' | 'scale' } => (subresource === undefined || subresource === 'resize' ? rest : { ...rest, subresource });

/** The in-process API as a KubePort: what comes out may be changed by the caller, faults are rejections. */
export function createLocalPort(api: Api, standardManager = 'meridian'): KubePort {
  const { ports } = api.context;
  return {
    async get(type, namespace, name) {
      const found = api.find(type, namespace, name);
      return found && cloneObject(found);
    },
    async list(type, options) {
      const { items, resourceVersion, continue: token } = api.list(type, options);
      return { items: items.map(cloneObject), resourceVersion, ...(token === undefined ? {} : { continue: token }) };
    },
    watch(type, options, sink) {
      try {
        return api.watch(type, options, sink);
      } catch (error) {
        let stopped = false;
        ports.timers.soon(() => {
          if (!stopped) sink.end(error as Error);
        });
        return () => void (stopped = true);
      }
    },
    async create(type, object, options = {}) {
      if (options.subresource !== undefined) throw badRequest('a subresource cannot be created');
      return cloneObject(api.create(type, cloneObject(object), { ...meant(options), manager: options.fieldManager ?? standardManager }));
    },
    async replace(type, object, options = {}) {
      return cloneObject(api.replace(type, cloneObject(object), { ...meant(options), manager: options.fieldManager ?? standardManager }));
    },
    async apply(type, object, options) {
      if (options.fieldManager === '') throw badRequest('PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch');
      if (!object.metadata.name) throw notFound(type, '');
      return cloneObject(api.apply(type, object.metadata.name, cloneObject(object), { ...meant(options), force: options.force, manager: options.fieldManager }));
    },
    async patch(type, namespace, name, patch, options = {}) {
      return cloneObject(api.patch(type, namespace, name, { type: 'merge', patch: structuredClone(patch) }, { ...meant(options), manager: options.fieldManager ?? standardManager }));
    },
    async delete(type, namespace, name, options) {
      try {
        api.remove(type, namespace, name, options);
        return true;
      } catch (error) {
        if (error instanceof KubeError && error.code === 404 && error.reason === 'NotFound') return false;
        throw error;
      }
    },
    async evict(namespace, pod, options) {
      api.evict(namespace, pod, options);
    },
  };
}
