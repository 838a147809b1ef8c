import { apiGroup } from '../shared/kube/names.ts';
import type { Logger } from '../shared/log/log.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { createKubeClient } from './kube/client.ts';
import { loadCredentials } from './kube/credentials.ts';
import type { KubePort } from './kube/port.ts';
import { createTransport } from './kube/transport.ts';
import type { OperatorOptions } from './options.ts';
import { startElection, type Election } from './runtime/election.ts';
import { createEventRecorder, type EventRecorder } from './runtime/events.ts';
import type { RuntimeObserver } from './runtime/observer.ts';

export interface ConnectOptions {
  readonly options: OperatorOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly ports: Ports;
  readonly observer: RuntimeObserver;
  readonly onElected: () => void;
  readonly onLost: () => void;
}

export interface Connection {
  /** Writes leave it only while this replica leads. */
  readonly kube: KubePort;
  readonly recorder: EventRecorder;
  /** The operator's own. */
  readonly namespace: string;
  /** Asks for leadership. */
  start(): void;
  notReady(): string | undefined;
  close(): Promise<void>;
}

/** A request of the election must fail well before leadership would. */
const electionRequestMs = 4_000;

/** The API server: one pool of connections, one client for the election, one for everything else behind the election's gate. */
export async function connectOperator({ options, env, log, ports, observer, onElected, onLost }: ConnectOptions): Promise<Connection> {
  const credentials = await loadCredentials({ env, clock: ports.clock, kubeconfig: options.kubeconfig, context: options.context });
  const transport = createTransport({ credentials, userAgent: 'meridian-operator' });
  const namespace = options.podNamespace ?? credentials.namespace ?? 'default';
  let election: Election | undefined;
  let over: string | undefined;
  const onRequest: Parameters<typeof createKubeClient>[0]['onRequest'] = ({ verb, resource, code, seconds }) => observer.apiRequest(verb, resource, String(code), seconds);
  const gate = {
    closed: () => (options.leaderElection && !options.releaseFinalizers ? (election ? election.gate.closed() : 'leadership was not asked for yet') : undefined),
    onClose: (listener: () => void) => election?.gate.onClose(listener) ?? (() => {}),
  };
  const limits = { perSecond: options.requestsPerSecond, burst: 2 * options.requestsPerSecond, mostInFlight: 32 };
  const kube = createKubeClient({ transport, ports, gate, limits, onRequest, onWarning: (text) => log.warn('the API server warns', { text }) });
  const recorder = createEventRecorder({ kube, ports, log, observer, controller: `${apiGroup}/operator`, instance: options.podName });
  const elect = (): Election =>
    startElection({
      kube: createKubeClient({ transport, ports, onRequest, requestTimeoutMs: electionRequestMs, limits: { perSecond: 5, burst: 10, mostInFlight: 2 } }),
      ports,
      log,
      namespace,
      name: options.leaseName,
      identity: `${options.podName}_${Buffer.from(ports.random.bytes(6)).toString('hex')}`,
      observer,
      onElected,
      onLost(why) {
        over = why;
        onLost();
      },
    });
  return {
    kube,
    recorder,
    namespace,
    start() {
      if (options.leaderElection) election = elect();
      else onElected();
    },
    notReady: () => over,
    async close() {
      await recorder.stop();
      await election?.release();
      await transport.close();
    },
  };
}
