import { createHash } from 'node:crypto';
import { authSecret, busSecret, labels, mostNamespacesParts, namespacesConfigMap, namespacesKey } from '../../shared/kube/names.ts';
import { namespacesDocumentSchema } from '../../shared/namespaces/document.ts';
import { joinParts, type NamespacesPart } from '../../shared/namespaces/parts.ts';
import { KubeError, type KubeObject, type KubePort } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { readSpec, uidOf, type Kept, type ObservedCluster } from './observed.ts';

type Reader = Pick<KubePort, 'get'>;

/** The document as a region's ConfigMaps hold it. */
export async function readKept(kube: Reader, cluster: KubeObject, region: string): Promise<Kept> {
  const { name, namespace, uid } = cluster.metadata;
  const parts: NamespacesPart[] = [];
  const uids: string[] = [];
  for (let index = 0; index < mostNamespacesParts; index += 1) {
    const object = await kube.get(resourceTypes.configMap, namespace, namespacesConfigMap(name, region, index));
    // Left by an earlier cluster of this name, and on its way out with it.
    if (object === undefined || object.metadata.labels?.[labels.clusterUid] !== uid) break;
    uids.push(object.metadata.uid ?? '');
    const part = parsed(object.data?.[namespacesKey]);
    if (part === undefined) return { document: undefined, uids };
    parts.push(part);
    if (parts.length >= part.of) break;
  }
  const joined = namespacesDocumentSchema.safeParse(joinParts(parts));
  return { document: joined.success ? joined.data : undefined, uids };
}

function parsed(text: string | undefined): NamespacesPart | undefined {
  try {
    const value = JSON.parse(text ?? '') as NamespacesPart;
    return namespacesDocumentSchema.safeParse(value).success && Number.isSafeInteger(value.of) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Labels of the Kubernetes namespaces that the CacheNamespaces are in, but for the cluster's own; those that may not be read are left out. */
export async function readLabels(kube: Reader, namespaces: readonly KubeObject[], own: string | undefined): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const names = new Set(namespaces.map(({ metadata }) => metadata.namespace ?? '').filter((name) => name !== own));
  const found = new Map<string, Readonly<Record<string, string>>>();
  for (const name of names) {
    const object = await unlessForbidden(kube.get(resourceTypes.namespace, undefined, name));
    if (object !== 'forbidden') found.set(name, { 'kubernetes.io/metadata.name': name, ...object?.metadata.labels });
  }
  return found;
}

/** SHA-256 of the webhook tokens, by UID of the CacheNamespace; what is not there is left out. */
export async function readWebhookTokens(kube: Reader, namespaces: readonly KubeObject[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const object of namespaces) {
    const ref = readSpec(object)?.invalidation?.webhookTokenSecretRef;
    if (ref === undefined) continue;
    const secret = await unlessForbidden(kube.get(resourceTypes.secret, object.metadata.namespace, ref.name));
    const token = secret === 'forbidden' ? undefined : decoded(secret?.data?.token);
    if (token !== undefined && token !== '') found.set(uidOf(object), createHash('sha256').update(token).digest('hex'));
  }
  return found;
}

/** Whom the cluster's users Secret lets in, by password or token; asked only where a CacheNamespace binds somebody. */
export async function readUsers(kube: Reader, { object, spec }: ObservedCluster, namespaces: readonly KubeObject[]): Promise<ReadonlySet<string> | undefined> {
  if (!namespaces.some((one) => (readSpec(one)?.access ?? []).length > 0)) return undefined;
  const { name, namespace } = object.metadata;
  const secret = await unlessForbidden(kube.get(resourceTypes.secret, namespace, spec.auth?.usersSecretRef?.name ?? authSecret(name)));
  if (secret === undefined || secret === 'forbidden') return undefined;
  const linesOf = (key: string): readonly (readonly string[])[] => (decoded(secret.data?.[key]) ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  const passwords = linesOf('users.acl').flatMap(([word, user]) => (word === 'user' && user !== undefined ? [user] : []));
  return new Set(['default', ...passwords, ...linesOf('tokens').flatMap(([user, token]) => (token === undefined ? [] : [user]))]);
}

/** The key of the nodes' admin ports; undefined while there is none. */
export async function readBusKey(kube: Reader, { metadata }: KubeObject): Promise<string | undefined> {
  return decoded((await kube.get(resourceTypes.secret, metadata.namespace, busSecret(metadata.name)))?.data?.['bus-key']);
}

const decoded = (base64: string | undefined): string | undefined => (base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8').trim());

async function unlessForbidden(read: Promise<KubeObject | undefined>): Promise<KubeObject | 'forbidden' | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof KubeError && error.code === 403) return 'forbidden';
    throw error;
  }
}
