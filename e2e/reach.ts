import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Pod } from './cluster/objects.ts';

/** How programs on this machine reach pods: address that the cluster announces → address here. */
export interface Reach {
  to(pods: readonly Pod[]): Promise<Readonly<Record<string, string>>>;
  close(): void;
}

const redisPort = 6379;

/** Our own cluster routes pod addresses to this machine. */
export const direct: Reach = { to: async () => ({}), close: () => {} };

/** Any other cluster: one `kubectl port-forward` a pod, kept while the pod lives. */
export function forwarding(kubeconfig: string): Reach {
  const forwards = new Map<string, { readonly child: ChildProcess; readonly address: Promise<string> }>();
  const forward = (pod: Pod): Promise<string> => {
    const uid = pod.metadata.uid;
    const known = forwards.get(uid);
    if (known !== undefined && known.child.exitCode === null) return known.address;
    const child = spawn('kubectl', ['port-forward', '--kubeconfig', kubeconfig, '--namespace', pod.metadata.namespace, `pod/${pod.metadata.name}`, `:${redisPort}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    const address = new Promise<string>((resolve, reject) => {
      createInterface(child.stdout).on('line', (line) => {
        const port = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port !== undefined) resolve(`127.0.0.1:${port}`);
      });
      child.once('exit', (code) => reject(new Error(`kubectl port-forward to ${pod.metadata.name} ended with ${code}`)));
    });
    forwards.set(uid, { child, address });
    return address;
  };
  return {
    to: async (pods) => Object.fromEntries(await Promise.all(pods.map(async (pod) => [`${pod.status.podIP}:${redisPort}`, await forward(pod)] as const))),
    close: () => {
      for (const { child } of forwards.values()) child.kill();
    },
  };
}
