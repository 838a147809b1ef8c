/** What a pod is given to speak to its API server, or local mode in its place. */
export interface InClusterFiles {
  readonly server: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly namespaceFile?: string;
}

const usualFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * From the environment of a pod; undefined outside one. MERIDIAN_KUBE_URL (plain HTTP, local mode) wins;
 * MERIDIAN_SERVICE_ACCOUNT_DIR is where the files are when they are not where kubelets put them.
 */
export function inClusterFiles(env: Readonly<Record<string, string | undefined>>): InClusterFiles | undefined {
  if (env.MERIDIAN_KUBE_URL) return { server: env.MERIDIAN_KUBE_URL };
  const host = env.KUBERNETES_SERVICE_HOST;
  if (!host) return undefined;
  const folder = env.MERIDIAN_SERVICE_ACCOUNT_DIR || usualFolder;
  const address = host.includes(':') ? `[${host}]` : host;
  return {
    server: `https://${address}:${env.KUBERNETES_SERVICE_PORT ?? '443'}`,
    tokenFile: `${folder}/token`,
    caFile: `${folder}/ca.crt`,
    namespaceFile: `${folder}/namespace`,
  };
}
