import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import type { Api } from '../api/api.ts';
import { type LabelSelector, matcherOf } from '../selectors/labels.ts';
import { NotReadyToStart, fieldValue } from './environment.ts';
import type { ContainerInputs, Mount } from './pod-runtime.ts';

type Files = Map<string, Uint8Array>;

interface Source {
  readonly name?: string;
  readonly secretName?: string;
  readonly optional?: boolean;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

interface ProjectedSource {
  readonly configMap?: Source;
  readonly secret?: Source;
  readonly downwardAPI?: Downward;
}

interface Downward {
  readonly items?: readonly { readonly path: string; readonly fieldRef?: { readonly fieldPath: string } }[];
}

interface Volume extends ProjectedSource {
  readonly name: string;
  readonly projected?: { readonly sources?: readonly ProjectedSource[] };
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly emptyDir?: object;
}

/** Everything that a container of a pod mounts, and its peers. Throws NotReadyToStart while something of it is missing. */
export function inputsOf(api: Api, pod: KubeObject, container: { readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[] }): ContainerInputs {
  const volumes = new Map(((pod.spec?.volumes ?? []) as readonly Volume[]).map((volume) => [volume.name, volume]));
  const mounts = (container.volumeMounts ?? []).flatMap(({ name, mountPath }): readonly Mount[] => {
    const volume = volumes.get(name);
    return volume ? [mountOf(api, pod, volume, mountPath)] : [];
  });
  return { mounts, peers: peersOf(api, pod) };
}

function mountOf(api: Api, pod: KubeObject, volume: Volume, mountPath: string): Mount {
  if (volume.persistentVolumeClaim) return { kind: 'claim', mountPath, claim: volume.persistentVolumeClaim.claimName };
  if (volume.emptyDir) return { kind: 'scratch', mountPath };
  const files: Files = new Map();
  for (const source of volume.projected?.sources ?? [volume]) addFiles(api, pod, source, files);
  return { kind: 'files', mountPath, files };
}

function addFiles(api: Api, pod: KubeObject, { configMap, secret, downwardAPI }: ProjectedSource, files: Files): void {
  if (configMap) addKeys(contentOf(api, pod, 'configMap', configMap.name ?? '', configMap.optional), configMap.items, files);
  if (secret) addKeys(contentOf(api, pod, 'secret', secret.secretName ?? secret.name ?? '', secret.optional), secret.items, files);
  for (const { path, fieldRef } of downwardAPI?.items ?? []) if (fieldRef) files.set(path, Buffer.from(fieldValue(pod, fieldRef.fieldPath)));
}

function addKeys(content: Files, items: Source['items'], files: Files): void {
  const chosen = items ?? [...content.keys()].map((key) => ({ key, path: key }));
  for (const { key, path } of chosen) {
    const bytes = content.get(key);
    if (bytes) files.set(path, bytes);
  }
}

function contentOf(api: Api, pod: KubeObject, from: 'configMap' | 'secret', name: string, optional = false): Files {
  const object = api.find(resourceTypes[from], pod.metadata.namespace, name);
  if (!object && !optional) throw new NotReadyToStart(`MountVolume.SetUp failed for volume: ${from === 'secret' ? 'secret' : 'configmap'} "${name}" not found`);
  const texts = Object.entries(object?.data ?? {}).map(([key, text]) => [key, Buffer.from(text, from === 'secret' ? 'base64' : 'utf8')] as const);
  const binary = Object.entries((object?.binaryData ?? {}) as Record<string, string>).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const);
  return new Map([...texts, ...binary]);
}

/** Not-ready ones too, as a Service that publishes them lists; none without such a Service. */
function peersOf(api: Api, pod: KubeObject): readonly KubeObject[] {
  const { namespace } = pod.metadata;
  const subdomain = pod.spec?.subdomain;
  const service = typeof subdomain === 'string' ? api.find(resourceTypes.service, namespace, subdomain) : undefined;
  if (!service) return [];
  const matches = matcherOf({ matchLabels: service.spec?.selector as LabelSelector['matchLabels'] });
  return api.list(resourceTypes.pod, { namespace }).items.filter((peer) => peer.status?.podIP !== undefined && matches(peer.metadata.labels ?? {}));
}
