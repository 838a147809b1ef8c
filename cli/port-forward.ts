import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Agent, WebSocket } from 'undici';
import type { KubeCredentials } from '../operator/kube/credentials.ts';

/** A port of a pod on this machine, through the API server, as `kubectl port-forward` does it. */
export interface Forward {
  /** On 127.0.0.1. */
  readonly port: number;
  /** What the API server or the pod's node said last, if it refused. */
  readonly fault: () => string | undefined;
  close(): Promise<void>;
}

const data = 0;
const fault = 1;

/** Every connection to the local port is a WebSocket of the API server: first byte of a message its channel, first message of a channel the port. */
export async function forwardPort(credentials: KubeCredentials, namespace: string, pod: string, podPort: number): Promise<Forward> {
  const { headers, tls } = await credentials.current();
  const agent = new Agent({ allowH2: false, connect: { ...tls, timeout: 10_000 } });
  const url = `${credentials.server.replace(/^http/, 'ws').replace(/\/$/, '')}/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${podPort}`;
  let said: string | undefined;
  const sockets = new Set<WebSocket>();

  function carry(socket: Socket): void {
    const remote = new WebSocket(url, { protocols: ['v4.channel.k8s.io'], dispatcher: agent, headers: { ...headers } });
    remote.binaryType = 'arraybuffer';
    sockets.add(remote);
    const seen = [0, 0];
    socket.pause();
    remote.addEventListener('open', () => socket.resume());
    remote.addEventListener('message', ({ data: message }: { data: unknown }) => {
      const bytes = Buffer.from(message as ArrayBuffer);
      const channel = bytes[0];
      seen[channel] += 1;
      if (seen[channel] === 1) return;
      if (channel === data) socket.write(bytes.subarray(1));
      else if (channel === fault) said = bytes.toString('utf8', 1);
    });
    remote.addEventListener('error', (event) => (said = event.message || 'the API server refused to forward'));
    remote.addEventListener('close', () => {
      sockets.delete(remote);
      socket.destroy();
    });
    socket.on('data', (chunk) => remote.send(Buffer.concat([Buffer.from([data]), chunk as Uint8Array])));
    socket.on('error', () => undefined);
    socket.on('close', () => remote.close());
  }

  const server = createServer(carry);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    fault: () => said,
    async close() {
      server.close();
      for (const remote of sockets) remote.close();
      await agent.destroy();
    },
  };
}
