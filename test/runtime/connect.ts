import { createKubeClient, type KubeClientOptions } from '../../operator/kube/client.ts';
import { loadCredentials, type CredentialSource } from '../../operator/kube/credentials.ts';
import type { KubePort } from '../../operator/kube/port.ts';
import { createTransport, type KubeTransport } from '../../operator/kube/transport.ts';
import { systemPorts } from '../../shared/ports/system.ts';

export interface Connected {
  readonly kube: KubePort;
  readonly transport: KubeTransport;
  /** A further client over the same connections. */
  client(options: Partial<KubeClientOptions>): KubePort;
}

/** The product's own client, as the operator makes it. */
export async function connect(source: Partial<CredentialSource>, options: Partial<KubeClientOptions> = {}): Promise<Connected> {
  const credentials = await loadCredentials({ env: {}, clock: systemPorts.clock, ...source });
  const transport = createTransport({ credentials });
  const client = (more: Partial<KubeClientOptions>): KubePort => createKubeClient({ transport, ports: systemPorts, ...more });
  return { transport, client, kube: client(options) };
}

/** Polls until a condition that another process brings about holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
