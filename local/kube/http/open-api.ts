import { type ApiKind, apiVersionOf } from '../kinds/api-kind.ts';
import { groupVersions } from './discovery.ts';

const pathOf = (kind: ApiKind): string => (kind.group === '' ? `api/${kind.version}` : `apis/${kind.group}/${kind.version}`);
const schemaName = ({ group, version, kind }: ApiKind): string => (group === '' ? `io.k8s.api.core.${version}.${kind}` : [...group.split('.').toReversed(), version, kind].join('.'));

/** `/openapi/v3`: where each group's document is. */
export function openApiIndex(kinds: readonly ApiKind[]): Record<string, unknown> {
  const entries = groupVersions(kinds).map(({ kinds: [first] }) => [pathOf(first), { serverRelativeURL: `/openapi/v3/${pathOf(first)}` }]);
  return { paths: Object.fromEntries(entries) };
}

/** `/openapi/v3/apis/GROUP/VERSION`: schemas for kubectl explain, and the parameters by which kubectl finds out that the server validates fields and can dry-run. */
export function openApiDocument(kinds: readonly ApiKind[], path: string): Record<string, unknown> | undefined {
  const own = kinds.filter((kind) => pathOf(kind) === path);
  if (own.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1' },
    paths: Object.fromEntries(own.flatMap(pathsOf)),
    components: { schemas: Object.fromEntries([...own.map((kind) => [schemaName(kind), schemaOf(kind)] as const), ['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', objectMeta] as const]) },
  };
}

const parameter = (name: string, type: string): Record<string, unknown> => ({ name, in: 'query', schema: { type, uniqueItems: true } });
const writeParameters = [parameter('dryRun', 'string'), parameter('fieldManager', 'string'), parameter('fieldValidation', 'string')];

function pathsOf(kind: ApiKind): readonly (readonly [string, unknown])[] {
  const gvk = { 'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind } };
  const reference = { $ref: `#/components/schemas/${schemaName(kind)}` };
  const responses = { '200': { description: 'OK', content: { 'application/json': { schema: reference } } } };
  const operation = (action: string, parameters: readonly unknown[]): Record<string, unknown> => ({ 'x-kubernetes-action': action, ...gvk, parameters, responses });
  const collection = `/${pathOf(kind)}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}`;
  return [
    [collection, { get: operation('list', []), post: operation('post', writeParameters) }],
    [`${collection}/{name}`, { get: operation('get', []), put: operation('put', writeParameters), patch: operation('patch', [...writeParameters, parameter('force', 'boolean')]), delete: operation('delete', [parameter('dryRun', 'string')]) }],
  ];
}

const objectMeta = { type: 'object', description: 'Standard metadata of an object.', properties: { name: { type: 'string' }, namespace: { type: 'string' }, labels: { type: 'object', additionalProperties: { type: 'string' } }, annotations: { type: 'object', additionalProperties: { type: 'string' } } } };

function schemaOf(kind: ApiKind): Record<string, unknown> {
  const gvk = { 'x-kubernetes-group-version-kind': [{ group: kind.group, version: kind.version, kind: kind.kind }] };
  const head = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }] } };
  if (!kind.custom) return { type: 'object', description: `${kind.kind} of ${apiVersionOf(kind)}.`, properties: head, 'x-kubernetes-preserve-unknown-fields': true, ...gvk };
  const schema = kind.custom.schema();
  return { ...schema, properties: { ...schema.properties, ...head }, ...gvk };
}
