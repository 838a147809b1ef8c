import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import type { Api } from '../api/api.ts';
import { readPath } from '../kinds/field-path.ts';

interface KeyRef {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string }; readonly configMapKeyRef?: KeyRef; readonly secretKeyRef?: KeyRef };
}

/** Something that a container needs is not there yet. */
export class NotReadyToStart extends Error {}

/** Variables of a container in order; `$(NAME)` stands for an earlier one. */
export function environmentOf(api: Api, pod: KubeObject, variables: readonly Variable[]): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const variable of variables) {
    const value = variable.valueFrom ? sourced(api, pod, variable.valueFrom) : expand(variable.value ?? '', values);
    if (value !== undefined) values[variable.name] = value;
  }
  return values;
}

const expand = (text: string, values: Readonly<Record<string, string>>): string => text.replace(/\$\$|\$\(([^)]+)\)/g, (mark, name?: string) => (name === undefined ? '$' : (values[name] ?? mark)));

function sourced(api: Api, pod: KubeObject, { fieldRef, configMapKeyRef, secretKeyRef }: NonNullable<Variable['valueFrom']>): string | undefined {
  if (fieldRef) return fieldValue(pod, fieldRef.fieldPath);
  if (configMapKeyRef) return keyValue(api, pod, 'configMap', configMapKeyRef);
  if (secretKeyRef) return keyValue(api, pod, 'secret', secretKeyRef);
  return undefined;
}

/** `metadata.labels['a']`, `status.podIP` …; what is missing is the empty string. */
export function fieldValue(pod: KubeObject, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(path);
  if (keyed) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2]] ?? '';
  if (path === 'status.podIPs') return fieldValue(pod, 'status.podIP');
  const value = readPath(pod, `.${path}`);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function keyValue(api: Api, pod: KubeObject, from: 'configMap' | 'secret', { name, key, optional }: KeyRef): string | undefined {
  const object = api.find(resourceTypes[from], pod.metadata.namespace, name);
  const text = object?.data?.[key];
  if (text !== undefined) return from === 'secret' ? Buffer.from(text, 'base64').toString() : text;
  if (optional === true) return undefined;
  const what = from === 'secret' ? 'secret' : 'configmap';
  throw new NotReadyToStart(object ? `couldn't find key ${key} in ${what} ${pod.metadata.namespace}/${name}` : `${what} "${name}" not found`);
}
