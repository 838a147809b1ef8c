import type { KubeObject } from '../../../operator/kube/port.ts';
import { badRequest } from '../api/errors.ts';
import type { ApiKind } from '../kinds/api-kind.ts';

export type FieldMatcher = (object: KubeObject) => boolean;

/** Besides metadata.name and metadata.namespace, which every kind has. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'spec.hostNetwork', 'status.phase', 'status.podIP', 'status.nominatedNodeName'],
  Event: [
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].flatMap((field) => [`involvedObject.${field}`, `regarding.${field}`]),
    'reason',
    'type',
    'source',
    'reportingComponent',
    'reportingController',
  ],
  Secret: ['type'],
  Namespace: ['status.phase'],
  Service: ['spec.clusterIP', 'spec.type'],
};

/** `metadata.name=a,status.phase!=Running`. 400 for a field that cannot be selected by. */
export function parseFieldSelector(kind: ApiKind, text: string | undefined): FieldMatcher {
  if (text === undefined || text === '') return () => true;
  const matchers = text.split(',').map((part): FieldMatcher => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part.trim());
    if (!match) throw badRequest(`invalid field selector: cannot read "${part}" in "${text}"`);
    const [, field, operator, value] = match;
    if (!['metadata.name', 'metadata.namespace', ...(selectable[kind.kind] ?? [])].includes(field)) throw badRequest(`field label not supported: ${field}`);
    return (object) => (fieldText(object, field) === value) === (operator !== '!=');
  });
  return (object) => matchers.every((matches) => matches(object));
}

function fieldText(object: KubeObject, path: string): string {
  const aliased = path.replace(/^involvedObject\./, 'regarding.');
  let value: unknown = object;
  for (const name of (object.kind === 'Event' ? aliased : path).split('.')) value = (value as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
