import type { Ports } from '../../shared/ports/ports.ts';
import type { RequestRecord } from './client.ts';
import { createLineFramer } from './line-framer.ts';
import { collectionPath, watchQuery } from './paths.ts';
import type { KubeObject, ResourceType, WatchEvent, WatchOptions, WatchSink } from './port.ts';
import { errorOfAnswer, errorOfStatus } from './status.ts';
import type { KubeTransport } from './transport.ts';

export interface WatchTiming {
  /** The answer's head comes at once from a live server. */
  readonly headersTimeoutMs: number;
  /** Longer than any object may be in etcd, events included. */
  readonly mostLineBytes: number;
}

const watchTiming: WatchTiming = { headersTimeoutMs: 15_000, mostLineBytes: 16 * 1024 * 1024 };

export interface WatchRunner {
  readonly transport: KubeTransport;
  readonly ports: Ports;
  readonly resource: string;
  readonly watch?: WatchTiming;
  readonly onRequest?: (request: RequestRecord) => void;
}

/** One watch: opens the stream, turns its lines into events, and says once how it ended. */
export function runWatch(runner: WatchRunner, type: ResourceType, options: WatchOptions, sink: WatchSink): () => void {
  const abort = new AbortController();
  let over = false;
  const end = (error?: Error): void => {
    if (over) return;
    over = true;
    abort.abort();
    sink.end(error);
  };
  void follow(runner, type, options, abort.signal, (event) => {
    if (!over) sink.event(event);
    return !over;
  }).then(
    () => end(),
    (error: unknown) => end(error instanceof Error ? error : new Error(String(error))),
  );
  return () => {
    over = true;
    abort.abort();
  };
}

async function follow(runner: WatchRunner, type: ResourceType, options: WatchOptions, signal: AbortSignal, emit: (event: WatchEvent) => boolean): Promise<void> {
  const { headersTimeoutMs, mostLineBytes } = runner.watch ?? watchTiming;
  const { clock } = runner.ports;
  const startedMs = clock.monotonicMs();
  const record = (code: RequestRecord['code']): void => runner.onRequest?.({ verb: 'watch', resource: runner.resource, code, seconds: (clock.monotonicMs() - startedMs) / 1000 });
  const path = collectionPath(type, options.namespace) + watchQuery(options);
  const stream = await runner.transport.stream({ method: 'GET', path, headers: { accept: 'application/json' }, signal, headersTimeoutMs }).catch((error: unknown) => {
    record('error');
    throw error;
  });
  record(stream.status);
  if (stream.status !== 200) throw errorOfAnswer(stream.status, await textOf(stream.chunks), stream.headers['retry-after']);
  const framer = createLineFramer(mostLineBytes);
  for await (const chunk of stream.chunks) {
    for (const line of framer.push(chunk)) if (!emit(eventOf(line))) return;
  }
  if (framer.heldBytes > 0) throw new Error(`the watch ended in the middle of an event, after ${framer.heldBytes} bytes of it`);
}

/** One line of a watch; an ERROR event, or what is none, is thrown. */
function eventOf(line: string): WatchEvent {
  const { type, object } = JSON.parse(line) as { readonly type?: unknown; readonly object?: KubeObject };
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      if (typeof object?.metadata?.name !== 'string') throw new Error(`a watch event without an object: ${line.slice(0, 200)}`);
      return { type, object };
    case 'BOOKMARK':
      return { type, resourceVersion: object?.metadata?.resourceVersion ?? '' };
    case 'ERROR':
      throw errorOfStatus((object ?? {}) as Record<string, unknown>, 500);
    default:
      throw new Error(`a watch event of no known type: ${line.slice(0, 200)}`);
  }
}

const mostErrorBytes = 64 * 1024;

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length > mostErrorBytes) break;
  }
  return Buffer.concat(parts).toString('utf8');
}
