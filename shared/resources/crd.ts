import { type CustomResource, customResources } from './registry.ts';

/** A CustomResourceDefinition as plain JSON. */
export function crdOf(resource: CustomResource, annotations: Readonly<Record<string, string>> = {}): Record<string, unknown> {
  const { group, kind, plural, singular, shortNames, categories } = resource;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories },
      scope: 'Namespaced',
      versions: [versionOf(resource)],
    },
  };
}

function versionOf({ version, columns, scale, schema }: CustomResource): Record<string, unknown> {
  return {
    name: version,
    served: true,
    storage: true,
    additionalPrinterColumns: columns,
    schema: { openAPIV3Schema: schema() },
    subresources: { status: {}, ...(scale === undefined ? {} : { scale }) },
  };
}

export const allCrds = (annotations: Readonly<Record<string, string>> = {}): readonly Record<string, unknown>[] =>
  customResources.map((resource) => crdOf(resource, annotations));
