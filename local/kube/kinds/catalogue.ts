import type { ResourceType } from '../../../operator/kube/port.ts';
import { type CustomResource, customResources } from '../../../shared/resources/registry.ts';
import { mergeSchemaOf } from '../apply/merge-schema.ts';
import { noSuchResource } from '../api/errors.ts';
import type { ApiKind } from './api-kind.ts';
import { builtInKinds } from './built-in.ts';

/** A custom resource as its CRD makes it: with status, generation and optimistic locking. */
function customKind(custom: CustomResource): ApiKind {
  let merge: ApiKind['merge'] | undefined;
  const { group, version, kind, plural, singular, shortNames, categories, columns, scale } = custom;
  return {
    ...{ group, version, kind, plural, singular, shortNames, categories, columns, scale, custom },
    ...{ namespaced: true, hasStatus: true, hasGeneration: true, needsVersionToReplace: true },
    /** Derived at first use: it takes a moment. */
    get merge() {
      return (merge ??= mergeSchemaOf(custom.schema()));
    },
  };
}

export interface Catalogue {
  readonly kinds: readonly ApiKind[];
  /** 404 for a resource that is not served. */
  find(type: Pick<ResourceType, 'group' | 'plural'>): ApiKind;
  lookUp(group: string, plural: string): ApiKind | undefined;
}

export function createCatalogue(custom: readonly CustomResource[] = customResources): Catalogue {
  const kinds = [...builtInKinds, ...custom.map(customKind)];
  const byName = new Map(kinds.map((kind) => [`${kind.group}/${kind.plural}`, kind]));
  const lookUp = (group: string, plural: string): ApiKind | undefined => byName.get(`${group}/${plural}`);
  return {
    kinds,
    lookUp,
    find(type) {
      const kind = lookUp(type.group, type.plural);
      if (!kind) throw noSuchResource();
      return kind;
    },
  };
}
