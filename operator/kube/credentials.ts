import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { Clock } from '../../shared/ports/ports.ts';
import { readTextFile } from '../../shared/io/files.ts';
import type { TlsMaterial } from '../../shared/io/http-client.ts';
import { inClusterFiles, type InClusterFiles } from '../../shared/kube/service-account.ts';

/** How to reach and convince one API server. */
export interface KubeCredentials {
  /** `https://host:port`, with a path where a proxy wants one. */
  readonly server: string;
  /** Of the pod or the kubeconfig's context. */
  readonly namespace: string | undefined;
  /** For the next request; files and commands behind it are asked once a minute. */
  current(): Promise<Proof>;
  /** The server answered 401: what is remembered is not to be used again. */
  reject(): void;
}

export interface Proof {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
}

export interface CredentialSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Path of a kubeconfig; wins over everything else. */
  readonly kubeconfig?: string;
  /** Context of the kubeconfig; its current one when absent. */
  readonly context?: string;
}

/** `kubeconfig`, else MERIDIAN_KUBE_URL, else KUBECONFIG, else the pod's service account, else ~/.kube/config. */
export async function loadCredentials(source: CredentialSource): Promise<KubeCredentials> {
  const { env, clock } = source;
  const files = inClusterFiles(env);
  if (!source.kubeconfig && files && (env.MERIDIAN_KUBE_URL || !env.KUBECONFIG)) return inClusterCredentials(files, clock);
  return await kubeconfigCredentials(source);
}

const rememberMs = 60_000;

function inClusterCredentials(files: InClusterFiles, clock: Clock): KubeCredentials {
  const { tokenFile, caFile, namespaceFile } = files;
  return {
    server: files.server,
    namespace: namespaceFile ? readTextFile(namespaceFile)?.trim() : undefined,
    // Tokens are bound to the pod and rotated within the hour; the authority's certificate changes rarely, but it does.
    ...remembered(clock, () => {
      const token = tokenFile ? readTextFile(tokenFile)?.trim() : undefined;
      const headers: Proof['headers'] = token ? { authorization: `Bearer ${token}` } : {};
      return Promise.resolve({ headers, tls: caFile ? { ca: readTextFile(caFile) } : {} });
    }),
  };
}

/** Client certificates, tokens, token files, exec plug-ins and OIDC are the client library's business; its HTTP is not used. */
async function kubeconfigCredentials(source: CredentialSource): Promise<KubeCredentials> {
  // Loaded only here: it costs 80 MB, and a pod does not need it.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const load = (): InstanceType<typeof KubeConfig> => {
    const config = new KubeConfig();
    if (source.kubeconfig) config.loadFromFile(source.kubeconfig);
    else config.loadFromDefault();
    if (source.context) config.setCurrentContext(source.context);
    return config;
  };
  let config = load();
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error(`the kubeconfig has no context "${source.context ?? config.getCurrentContext()}"`);
  // What the client library makes up where it finds no configuration.
  if (cluster.server === 'http://localhost:8080') throw new MeridianError('KUBE_NOWHERE');
  if (cluster.proxyUrl) throw new Error('a proxy-url in the kubeconfig is not supported');
  const kept = remembered(source.clock, async () => {
    const options: HttpsOptions = {};
    await config.applyToHTTPSOptions(options as Parameters<typeof config.applyToHTTPSOptions>[0]);
    const basic: Proof['headers'] = options.auth ? { authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` } : {};
    return { headers: { ...basic, ...lowerCased(options.headers ?? {}) }, tls: tlsOf(options) };
  });
  return {
    server: cluster.server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    current: kept.current,
    reject() {
      config = load();
      kept.reject();
    },
  };
}

/** What the client library fills in. */
interface HttpsOptions {
  headers?: Record<string, string>;
  auth?: string;
  ca?: Buffer | string;
  cert?: Buffer | string;
  key?: Buffer | string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

const lowerCased = (headers: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const tlsOf = (options: HttpsOptions): TlsMaterial => ({
  ...(options.ca ? { ca: String(options.ca) } : {}),
  ...(options.cert ? { cert: String(options.cert) } : {}),
  ...(options.key ? { key: String(options.key) } : {}),
  ...(options.servername ? { servername: options.servername } : {}),
  ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
});

function remembered(clock: Clock, prove: () => Promise<Proof>): Pick<KubeCredentials, 'current' | 'reject'> {
  let proof: Promise<Proof> | undefined;
  let provedMs = 0;
  return {
    current() {
      const nowMs = clock.monotonicMs();
      if (proof && nowMs - provedMs < rememberMs) return proof;
      const asked = prove();
      proof = asked;
      provedMs = nowMs;
      // A failure (a token file that is being replaced, a plug-in without network) is not remembered.
      asked.catch(() => {
        if (proof === asked) proof = undefined;
      });
      return asked;
    },
    reject: () => void (proof = undefined),
  };
}
