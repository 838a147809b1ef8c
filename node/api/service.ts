import type { PeerIdentity } from '../../shared/bus/identity.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { Bus } from '../bus/bus.ts';
import type { ServerNodeContext } from '../server/create-node-context.ts';
import type { Health } from '../http/api.ts';
import type { HttpFigures } from '../metrics/http-figures.ts';
import type { InsideClient } from '../server/inside-client.ts';
import type { MemberRecord } from '../topology/member.ts';
import type { AccessLog } from './access-log/access-log.ts';
import { createApiAccess } from './access.ts';
import { AnswerMemory } from './answer-memory.ts';
import type { ApiNode } from './api-node.ts';
import { answerMessage, createForwarder, forwardKind, forwardMessage, type Forward } from './forwarder.ts';
import { createFront, mostHeaderBytes } from './front.ts';
import { createLocalCommands } from './local-commands.ts';
import { figuresOf, namespacesOf, quotasOf } from './namespaces.ts';
import { createNodeQuestions, type Question, type QuestionAnswer } from './node-questions.ts';
import type { IoBackend } from '../io/backend.ts';
import { createRegionCommands } from './region-commands.ts';
import { listenHttp } from './wire/listen.ts';

export interface HttpServiceOptions {
  readonly ports: Ports;
  readonly backend: IoBackend;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly context: ServerNodeContext;
  readonly bus: Bus;
  readonly inside: () => InsideClient;
  readonly recordOf: (pod: string) => MemberRecord | undefined;
  readonly health: () => Health;
  readonly place: { readonly cluster: string; readonly region: string; readonly regions: readonly string[] };
  readonly version: string;
  readonly accessLog: AccessLog;
}

export interface HttpService {
  readonly port: number;
  /** A message of the bus; false: it is not about requests. */
  message(type: number, payload: Uint8Array, from: PeerIdentity): boolean;
  disconnected(pod: string): void;
  figures(): HttpFigures;
  /** Requests that have begun are answered, for at most `drainMs`. */
  close(drainMs: number): Promise<void>;
}

const localLimits = { mostInFlight: 4_096, limitMs: 5_000 } as const;

/** Part of the data limit that all requests and answers may take, and what they may take in any case: one body has up to 32 MiB. */
const bufferShare = 8;
const leastBufferBytes = 64 * 1024 * 1024;

const frontLimits = { mostHeaderBytes, mostConnections: 10_000, headersMs: 10_000, requestMs: 30_000, idleMs: 75_000 } as const;

/** Everything behind the HTTP port of a node, wired together. Rejects with the system's error when it cannot listen. */
export async function openHttp({ ports, backend, host, port, context, bus, inside, recordOf, health, place, version, accessLog }: HttpServiceOptions): Promise<HttpService> {
  const local = createLocalCommands(ports, inside, localLimits);
  const view = () => context.cluster;
  const answers = [0, 0, 0, 0, 0, 0];
  const namespaces = namespacesOf(context);
  const failed = (error: unknown, call: string): string => context.server.failed(error, call);
  const forwarder = createForwarder({ ports, channelTo: (peer) => bus.channelTo(peer), connect: (peer) => bus.connect(peer), serve });
  const answerQuestion = ({ namespace }: Question): QuestionAnswer => ({ figures: figuresOf(context, namespace) });
  const questions = createNodeQuestions({ view, recordOf, forwarder, answer: answerQuestion });

  function serve({ kind, user, count, bytes, waitMs }: Forward): Buffer | Promise<Buffer> {
    if (kind === forwardKind.commands) return local.run(user, bytes, count, waitMs);
    return Buffer.from(JSON.stringify(answerQuestion(JSON.parse(bytes.toString()) as Question)));
  }

  const node: ApiNode = { ports, ...place, view, commands: createRegionCommands({ view, local, forwarder, recordOf }), questions, namespaces, invalidate: (namespace, what) => context.internals.tenants.everywhere(namespace, what), access: createApiAccess(context.server.access), quotas: quotasOf(context), memory: new AnswerMemory() };
  const front = createFront({
    ports,
    health,
    failed,
    loadApi: async () => (await import('./app.ts')).createApi({ node, version, failed, accessLog, answers }),
  });

  const server = await listenHttp({ ...frontLimits, mostBufferBytes: () => Math.max(leastBufferBytes, context.store.limitBytes / bufferShare), ...front, ports, backend, host, port, gone: (connection) => context.internals.tenantGate.forget(connection) });
  return {
    port: server.port,
    message(type, payload, peer) {
      if (type !== forwardMessage && type !== answerMessage) return false;
      const channel = bus.channelTo({ pod: peer.pod, incarnation: peer.incarnation, ip: '', busPort: 0 });
      if (channel !== undefined) forwarder.message(type, payload, channel);
      return true;
    },
    disconnected: (pod) => forwarder.disconnected(pod),
    figures: () => ({ connections: server.connections, answers, waiting: local.inFlight, accessRecordsWritten: accessLog.written, accessRecordsDropped: accessLog.dropped }),
    close: (drainMs) => server.close(drainMs),
  };
}
