import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Issued } from './certificates/authority.ts';

export interface Endpoint {
  readonly url: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string;
}

/** Who calls: a client certificate or a bearer token. */
export type Identity = Issued | { readonly token: string };

/** Writes `<dir>/<name>.kubeconfig` (mode 600) and returns its path. JSON is YAML, so no writer is needed. */
export function writeKubeconfig(dir: string, name: string, endpoint: Endpoint, identity: Identity): string {
  const path = join(dir, `${name}.kubeconfig`);
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const user = 'token' in identity ? { token: identity.token } : { 'client-certificate-data': base64(identity.cert), 'client-key-data': base64(identity.key) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name: 'meridian', cluster: { server: endpoint.url, 'certificate-authority-data': base64(endpoint.ca) } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: 'meridian', user: name } }],
  };
  writeFileSync(path, JSON.stringify(config, null, 2), { mode: 0o600 });
  return path;
}
