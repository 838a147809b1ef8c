/** What a pod is given to speak to its API server, or local mode in its place. */
export interface InClusterFiles {
  readonly server: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly namespaceFile?: string;
}

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** From the environment of a pod; undefined outside one. MERIDIAN_KUBE_URL (plain HTTP, local mode) wins. */
export function inClusterFiles(env: Readonly<Record<string, string | undefined>>): InClusterFiles | undefined {
  if (env.MERIDIAN_KUBE_URL) return { server: env.MERIDIAN_KUBE_URL };
  const host = env.KUBERNETES_SERVICE_HOST;
  if (!host) return undefined;
  const address = host.includes(':') ? `[${host}]` : host;
  return {
    server: `https://${address}:${env.KUBERNETES_SERVICE_PORT ?? '443'}`,
    tokenFile: `${folder}/token`,
    caFile: `${folder}/ca.crt`,
    namespaceFile: `${folder}/namespace`,
  };
}
