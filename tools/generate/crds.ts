import { crdOf } from '../../shared/resources/crd.ts';
import { toYaml } from '../../shared/resources/crd-yaml.ts';
import { type CustomResource, customResources } from '../../shared/resources/registry.ts';
import type { GeneratedFile } from './files.ts';

const header = '# Generated from shared/resources by `npm run generate`; do not edit.\n';
/** Deleting the chart must not delete every cache. */
const keep = { 'helm.sh/resource-policy': 'keep' };

const fileName = ({ group, plural }: CustomResource): string => `${group}_${plural}.yaml`;

/** Each CRD for kubectl, and once more for the chart. */
export const crdFiles = (): readonly GeneratedFile[] =>
  customResources.flatMap((resource) => [
    { path: `crds/${fileName(resource)}`, content: header + toYaml(crdOf(resource)) },
    { path: `charts/meridian-crds/templates/${fileName(resource)}`, content: header + escapeTemplate(toYaml(crdOf(resource, keep))) },
  ]);

/** Helm would read double braces as a template. */
const escapeTemplate = (yaml: string): string => yaml.replaceAll('{{', '{{ "{{" }}');
